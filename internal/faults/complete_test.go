package faults_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// A new resource has a row in the table.
func TestEveryResourceIsInTheTable(t *testing.T) {
	t.Parallel()
	for name := range acctest.NewProtocol(t).Schemas.ResourceSchemas {
		if !slices.ContainsFunc(resources, func(s subject) bool { return s.kind() == name }) {
			t.Errorf("%s writes and is in no row", name)
		}
	}
}
