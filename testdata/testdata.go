// Package testdata embeds the cases that package corstest runs, so that they are
// there wherever a test is built. It is of no other use.
package testdata

import "embed"

// FS holds the golden cases, golden/*.txt.
//
//go:embed golden/*.txt
var FS embed.FS
