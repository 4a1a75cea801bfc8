//go:build race

package acctest

// raceFlag builds the provider with the race detector when the tests run with it.
const raceFlag = "-race"
