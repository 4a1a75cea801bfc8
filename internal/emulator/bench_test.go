package emulator

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func BenchmarkSnapshotOf50Projects(b *testing.B) {
	server, err := Start(Options{Seed: "estate:50x100"})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	paths := make([]string, 50)
	for i := range paths {
		paths[i] = fmt.Sprintf(`\"estate/p%04d\"`, i+1)
	}
	query := `{"query":"query ProjectSnapshots{ projects(fullPaths:[` + strings.Join(paths, ",") + `]){ nodes{ id fullPath ciCdSettings{ inboundJobTokenScopeEnabled } ciJobTokenScopeAllowlist{ projectsAllowlist{ nodes{ direction defaultPermissions jobTokenPolicies target{ ... on CiJobTokenAccessibleProject{ id fullPath } } } } } } } }"}`
	for b.Loop() {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL()+"/api/graphql", strings.NewReader(query))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Private-Token", server.Tokens()["terraform"])
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		size, err := io.Copy(io.Discard, response.Body)
		if err != nil || response.Body.Close() != nil || size < 100_000 {
			b.Fatal(size, err)
		}
	}
}
