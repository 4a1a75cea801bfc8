//go:build !race

package acctest

const raceFlag = "-race=false"
