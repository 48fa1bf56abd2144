package corstest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/routecors/routecors/internal/headers"
)

// preflightFetch is https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func (r *request) preflightFetch() *Failure {
	failure := func(format string, args ...any) *Failure {
		return &Failure{Step: "CORS-preflight fetch", Reason: fmt.Sprintf(format, args...),
			Link: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0", Preflight: true}
	}
	unsafe := r.unsafeHeaders()
	resp, f := r.sendPreflight(unsafe)
	if f == nil {
		f = r.corsCheck(resp)
	}
	if f != nil {
		f.Preflight = true
		return f
	}
	if resp.status < 200 || resp.status > 299 {
		return failure("the status is %d, not one of 200 to 299", resp.status)
	}
	methods, _, ok := extractList(resp.header, "Access-Control-Allow-Methods")
	if !ok {
		return failure("Access-Control-Allow-Methods is ill-formed")
	}
	names, _, ok := extractList(resp.header, "Access-Control-Allow-Headers")
	if !ok {
		return failure("Access-Control-Allow-Headers is ill-formed")
	}
	wildcard := r.credentials != "include"
	if !slices.Contains(methods, r.method) && !headers.IsSafelistedMethod(r.method) &&
		!(wildcard && slices.Contains(methods, "*")) {
		return failure("method %q is not in Access-Control-Allow-Methods %q", r.method, strings.Join(methods, ", "))
	}
	for _, name := range unsafe {
		if !containsFold(names, name) && !(wildcard && slices.Contains(names, "*") && name != "authorization") {
			return failure("header %q is not in Access-Control-Allow-Headers %q", name, strings.Join(names, ", "))
		}
	}
	now := r.page.profile.now()
	r.page.profile.cache.keep(r.cacheKey(), r.credentials == "include", methods, names, now, now.Add(maxAge(resp)))
	return nil
}

// How long an answer is kept: where it does not say, and at most. Browsers differ
// in the second: this is Chromium's, the shortest; Firefox takes 86400 seconds.
const (
	defaultMaxAge = 5 * time.Second
	longestMaxAge = 7200 * time.Second
)

func maxAge(resp *response) time.Duration {
	value, _ := resp.get("Access-Control-Max-Age")
	if !isDigits(value) {
		if strings.HasPrefix(value, "-") && isDigits(value[1:]) {
			return 0 // ill-formed by the standard; every browser takes it so
		}
		return defaultMaxAge
	}
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds > int(longestMaxAge/time.Second) {
		return longestMaxAge
	}
	return time.Duration(seconds) * time.Second
}

// A preflightCache is the CORS-preflight cache:
// https://fetch.spec.whatwg.org/#concept-cache. What is kept of an answer are
// methods and header names, each on its own: together they may allow what no one
// answer did.
type preflightCache map[cacheKey]*kept

// A cacheKey is the part of an entry that a request must match exactly. The whole
// URL counts, its query, too.
type cacheKey struct{ site, origin, url string }

func (r *request) cacheKey() cacheKey {
	return cacheKey{r.page.site, r.origin(), r.url().String()}
}

type kept struct {
	methods, headers map[entry]time.Time // when they end
}

type entry struct {
	name        string // of a header in lower case; or "*"
	credentials bool
}

func (c preflightCache) clear(k cacheKey) { delete(c, k) }

// keep renews or adds entries, as the standard does: an entry that matches is
// renewed, be it of a credentialed request or not.
func (c preflightCache) keep(k cacheKey, credentials bool, methods, names []string, now, end time.Time) {
	if c[k] == nil {
		c[k] = &kept{map[entry]time.Time{}, map[entry]time.Time{}}
	}
	put := func(entries map[entry]time.Time, name string) {
		matched := false
		for e, until := range entries {
			if now.Before(until) && e.serves(name, credentials) {
				entries[e], matched = end, true
			}
		}
		if !matched {
			entries[entry{name, credentials}] = end
		}
	}
	for _, method := range methods {
		put(c[k].methods, method)
	}
	for _, name := range names {
		put(c[k].headers, strings.ToLower(name))
	}
}

// serves reports whether a request with these credentials needs no permission for
// name: an entry that was given for a credentialed request serves both kinds.
func (e entry) serves(name string, credentials bool) bool {
	return (e.credentials || !credentials) && (e.name == name || e.name == "*" && name != "authorization")
}

// allows reports whether r needs no preflight, by what is kept.
func (c preflightCache) allows(r *request) bool {
	k := c[r.cacheKey()]
	if k == nil {
		k = &kept{}
	}
	now, credentials := r.page.profile.now(), r.credentials == "include"
	has := func(entries map[entry]time.Time, name string) bool {
		for e, until := range entries {
			if now.Before(until) && e.serves(name, credentials) {
				return true
			}
		}
		return false
	}
	if !headers.IsSafelistedMethod(r.method) && !has(k.methods, r.method) {
		return false
	}
	return !slices.ContainsFunc(r.unsafeHeaders(), func(name string) bool { return !has(k.headers, name) })
}
