package rest

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
)

func (a *API) versionEndpoints() []endpoint {
	return []endpoint{
		{http.MethodGet, "/version", signedIn, nil, a.getVersion},
		{http.MethodGet, "/metadata", signedIn, nil, a.getMetadata},
	}
}

type versionEntity struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
}

type kasEntity struct {
	Enabled             bool    `json:"enabled"`
	ExternalURL         *string `json:"externalUrl"`
	ExternalK8sProxyURL *string `json:"externalK8sProxyUrl"`
	Version             *string `json:"version"`
}

type metadataEntity struct {
	versionEntity

	KAS        kasEntity `json:"kas"`
	Enterprise bool      `json:"enterprise"`
}

func (a *API) version() versionEntity {
	return versionEntity{Version: a.services.Version.Text, Revision: a.services.Version.Revision()}
}

func (a *API) getVersion(*request) (answer, error) { return ok(a.version()) }

func (a *API) getMetadata(*request) (answer, error) {
	return ok(metadataEntity{versionEntity: a.version(), Enterprise: a.services.Version.Flipped(release.EnterpriseEdition)})
}
