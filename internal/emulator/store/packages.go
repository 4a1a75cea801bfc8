package store

// PackageFile names a file of the generic package registry.
type PackageFile struct {
	ProjectID int64
	Package   string
	Version   string
	File      string
}

type packages struct {
	files map[PackageFile][]byte
}

func newPackages() packages { return packages{files: map[PackageFile][]byte{}} }

// PutPackageFile stores a file; an upload of the same name takes its place.
func (s *State) PutPackageFile(name PackageFile, content []byte) { s.packages.files[name] = content }

// PackageFile gives a file's content; found is false where there is none.
func (s *State) PackageFile(name PackageFile) (content []byte, found bool) {
	content, found = s.packages.files[name]
	return content, found
}

// forgetPackages removes a deleted project's packages.
func (s *State) forgetPackages(projectID int64) {
	for name := range s.packages.files {
		if name.ProjectID == projectID {
			delete(s.packages.files, name)
		}
	}
}
