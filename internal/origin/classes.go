package origin

import (
	"slices"
	"strconv"
	"strings"
)

// Which origins some patterns can tell apart.
//
// Patterns that are no regexps put the origins into classes: two origins are of one
// class where the same patterns match both. A pattern looks at the scheme, the host
// and the port apart, so that a class is a host, or the hosts that end in the same
// longest suffix, with a port, or the ports that begin with the same longest start. One
// origin of each class thus stands for all of them, whatever the patterns decide.

// A Sample is an origin that stands for its class.
type Sample struct {
	Origin string
	Alone  bool // it is all of its class, so that a regexp matches the class where it matches Origin
}

// Samples returns a Sample for each class of origins that some of patterns can match,
// regexps aside, and one for the origins that none of them matches.
func Samples(patterns []Pattern) (samples []Sample) {
	type site struct{ scheme, host string } // an exact host, or the end of one from its dot on
	given := map[site][]portPattern{}
	var sites []site
	for _, p := range patterns {
		switch p.kind {
		case opaque:
			samples = append(samples, Sample{p.key, true})
		case exact, ports, subdomains:
			at := site{p.scheme(), p.base()}
			if given[at] == nil {
				sites = append(sites, at)
			}
			given[at] = append(given[at], p.port())
		}
	}
	for _, at := range sites {
		host, alone := at.host, true
		if strings.HasPrefix(host, ".") {
			label := freshLabel(func(label string) bool { return given[site{at.scheme, label + at.host}] == nil })
			host, alone = label+at.host, false
		}
		all := slices.Clone(given[at])
		for i := 1; i < len(host); i++ {
			if host[i] == '.' && (alone || host[i:] != at.host) {
				all = append(all, given[site{at.scheme, host[i:]}]...)
			}
		}
		for _, s := range samplePorts(at.scheme, all) {
			s.Origin = at.scheme + "://" + host + s.Origin
			s.Alone = s.Alone && alone
			if Valid(s.Origin) { // a short domain may leave no room for a label
				samples = append(samples, s)
			}
		}
	}
	fresh := freshLabel(func(label string) bool {
		return !slices.ContainsFunc(patterns, func(p Pattern) bool { return p.kind != expression && p.scheme() == "routecors-"+label })
	})
	return append(samples, Sample{"routecors-" + fresh + "://any", false})
}

// samplePorts returns a port, with its colon, for each class of ports that list can
// tell apart.
func samplePorts(scheme string, list []portPattern) (samples []Sample) {
	samples = append(samples, Sample{"", true})
	starts := []string{""}
	written := map[string]bool{}
	for _, p := range list {
		switch {
		case p.open && !slices.Contains(starts, p.text):
			starts = append(starts, p.text)
		case !p.open && p.text != "" && !written[p.text]:
			written[p.text] = true
			samples = append(samples, Sample{":" + p.text, true})
		}
	}
	for _, start := range starts {
		if port := freshPort(scheme, start, starts, written); port != "" {
			samples = append(samples, Sample{":" + port, false})
		}
	}
	return samples
}

// freshPort returns a port that has start for its longest of starts, and that is not
// written; "" if there is none.
func freshPort(scheme, start string, starts []string, written map[string]bool) string {
	for candidates := []string{start}; len(candidates) > 0; {
		var longer []string
		for _, port := range candidates {
			if port != start && slices.Contains(starts, port) {
				continue // and so is what begins with it
			}
			if port != "" && !written[port] && validPort(scheme, port) {
				return port
			}
			for digit := '9'; digit >= '0' && len(port) < len("65535"); digit-- {
				longer = append(longer, port+string(digit))
			}
		}
		candidates = longer
	}
	return ""
}

// freshLabel returns a label that is free: "a", and if need be "b" and so on.
func freshLabel(free func(string) bool) string {
	for i := int64(10); ; i++ {
		if label := strconv.FormatInt(i, 36); free(label) {
			return label
		}
	}
}

// Regexp reports whether p is a regular expression.
func (p Pattern) Regexp() bool { return p.kind == expression }
