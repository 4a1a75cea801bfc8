// Package estate shows the job token allowlists of many projects at once, and writes the configuration that
// takes them over.
package estate
