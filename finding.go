package routecors

import (
	"strconv"
	"strings"
)

// A Severity says how much a Finding matters.
type Severity uint8

const (
	SeverityNote    Severity = iota // "note": worth knowing; often meant so
	SeverityWarning                 // "warning": works, but opens more than it seems to, or does nothing
	SeverityError                   // "error": does not work as it was meant
)

// String returns "note", "warning" or "error".
func (s Severity) String() string {
	if s > SeverityError {
		return "unknown"
	}
	return [...]string{"note", "warning", "error"}[s]
}

// MarshalText returns what String does.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is one thing that CorsConfig.Audit reports. Its fields are also those of
// its JSON, in lower case.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`             // stable; the documentation of Audit lists them
	Route    string   `json:"route"`            // as in ConfigError; the first, if it is true of several
	More     int      `json:"more,omitempty"`   // of how many others it is true
	Origin   string   `json:"origin,omitempty"` // the key of the policy; "" if it is not about one
	Reason   string   `json:"reason"`
	Remedy   string   `json:"remedy"`
}

// Error returns all of it in one line.
func (f Finding) Error() string {
	var b strings.Builder
	b.WriteString("routecors: " + f.Severity.String() + ": " + f.Code + ": ")
	if f.Route != "" {
		b.WriteString(f.Route)
		if f.More > 0 {
			b.WriteString(" and " + strconv.Itoa(f.More) + " more")
		}
		b.WriteString(": ")
	}
	if f.Origin != "" {
		b.WriteString("origin " + strconv.Quote(f.Origin) + ": ")
	}
	b.WriteString(f.Reason)
	if f.Remedy != "" {
		b.WriteString("; " + f.Remedy)
	}
	return b.String()
}

// finding returns p with its text taken apart. What an adapter says, too, is a reason
// and, after a semicolon, a remedy.
func (p problem) finding() Finding {
	reason, remedy, _ := strings.Cut(p.err.Reason, "; ")
	if p.err.Field != "" {
		reason = p.err.Field + " " + strconv.Quote(p.err.Value) + ": " + reason
	}
	return Finding{Severity: p.severity, Code: p.code, Route: p.err.Route, Origin: p.err.Origin, Reason: reason, Remedy: remedy}
}
