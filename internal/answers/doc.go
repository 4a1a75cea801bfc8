// Package answers is what can be asked about access by job tokens: data sources and a function that change
// nothing.
package answers
