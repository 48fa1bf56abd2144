// Package testdata embeds the cases that package corstest runs, so that they are
// there wherever a test is built. It is of no other use.
package testdata

import "embed"

// FS holds the golden cases, golden/*.txt, and in browser/ the cases of browsers with
// the page that runs them.
//
//go:embed golden/*.txt browser/*
var FS embed.FS
