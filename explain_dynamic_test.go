package routecors_test

import (
	"strings"
	"testing"

	"github.com/routecors/routecors/internal/conformance/sites"
)

// TestExplainFunction: where a function decides, no key is named.
func TestExplainFunction(t *testing.T) {
	cors := newExplained(t, sites.ServeMux)
	tests := []struct {
		lines string
		wants []string
	}{
		{"Origin: https://tenant.example|X-T: 1", []string{
			`the function of the layer "group" decides`, "the function does not deny it", `the function allows "x-t"`,
			`layer group: its function decides: {"allow_headers":["x-t"]}`,
		}},
		{"Origin: https://gone.example", []string{`layer group: its function decides: {"deny":true}`}},
		{fromEvil, []string{"layer group: its function could not decide"}},
		{fromApps, []string{"layer group: no key matches", `the key "https://app.example" of the layer "defaults" decides`}},
	}
	for _, test := range tests {
		text := cors.Explain(described(t, "PUT /tenants", test.lines)).String()
		for _, want := range test.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", test.lines, want, text)
			}
		}
		if strings.Contains(text, "(dynamic)") {
			t.Errorf("%s: there is no key:\n%s", test.lines, text)
		}
	}
}
