package contract_test

import (
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A new resource is part of the walks.
func TestEveryResourceWalks(t *testing.T) {
	t.Parallel()
	offered := acctest.NewProtocol(t).Schemas.ResourceSchemas
	for name := range offered {
		if subjects[name].alter == nil {
			t.Errorf("%s is in no walk", name)
		}
	}
	for name := range subjects {
		if offered[name] == nil {
			t.Errorf("%s walks, and the provider does not offer it", name)
		}
	}
}
