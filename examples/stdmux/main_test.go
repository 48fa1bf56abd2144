package main

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestREADME keeps the README's program a part of this one, to the letter.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok || !strings.Contains(string(program), block) {
		t.Errorf("the first Go block of README.md is not in main.go:\n%s", block)
	}
}

func TestHandler(t *testing.T) {
	h, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		method, path, origin, asked string
		status                      int
		allowOrigin                 string
	}{
		{"GET", "/articles/7", "https://anyone.example", "", 200, "*"},
		{"GET", "/articles/7", "", "", 200, "*"},
		{"OPTIONS", "/articles", "https://app.example.com", "POST", 204, "https://app.example.com"},
		{"OPTIONS", "/articles", "https://anyone.example", "POST", 403, ""},
		{"OPTIONS", "/articles/7", "https://admin.example.com", "DELETE", 204, "https://admin.example.com"},
		{"OPTIONS", "/articles/7", "https://app.example.com", "DELETE", 204, "https://app.example.com"},
		{"OPTIONS", "/articles/all", "https://admin.example.com", "DELETE", 403, ""},
		{"DELETE", "/articles/all", "https://admin.example.com", "", 200, ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, nil)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		if tt.asked != "" {
			r.Header.Set("Access-Control-Request-Method", tt.asked)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != tt.status || got != tt.allowOrigin {
			t.Errorf("%s %s of %q asking for %q: %d, allowed origin %q; want %d, %q", tt.method, tt.path, tt.origin, tt.asked, w.Code, got, tt.status, tt.allowOrigin)
		}
	}
}
