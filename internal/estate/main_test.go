package estate_test

import (
	"os"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}
