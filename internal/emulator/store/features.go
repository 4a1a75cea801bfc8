package store

// Feature is a part of a project with an access level of its own.
type Feature string

// The features that concern job tokens, in the spelling of ProjectFeature.
const (
	Repository      Feature = "repository"
	Builds          Feature = "builds"
	PackageRegistry Feature = "package_registry"
	Releases        Feature = "releases"
)

// FeatureLevel is who may use a feature of a project they can read.
type FeatureLevel string

// The three levels. The zero value means FeatureEnabled.
const (
	FeatureDisabled FeatureLevel = "disabled" // nobody
	FeaturePrivate  FeatureLevel = "private"  // members only
	FeatureEnabled  FeatureLevel = "enabled"  // everyone who reads the project
)

// FeatureLevels are the levels of a project's features.
type FeatureLevels struct {
	Repository, Builds, PackageRegistry, Releases FeatureLevel
}

// Of gives the level of one feature.
func (l FeatureLevels) Of(f Feature) FeatureLevel {
	level := FeatureEnabled
	switch f {
	case Repository:
		level = l.Repository
	case Builds:
		level = l.Builds
	case PackageRegistry:
		level = l.PackageRegistry
	case Releases:
		level = l.Releases
	}
	if level == "" {
		return FeatureEnabled
	}
	return level
}

// With gives the levels with some of them set anew.
func (l FeatureLevels) With(set map[Feature]FeatureLevel) FeatureLevels {
	for feature, level := range set {
		switch feature {
		case Repository:
			l.Repository = level
		case Builds:
			l.Builds = level
		case PackageRegistry:
			l.PackageRegistry = level
		case Releases:
			l.Releases = level
		}
	}
	return l
}
