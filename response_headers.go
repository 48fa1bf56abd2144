package routecors

import (
	"net/http"
	"slices"
)

// Response header names, canonical so that they can be map keys.
const (
	acao = "Access-Control-Allow-Origin"
	acac = "Access-Control-Allow-Credentials"
	acam = "Access-Control-Allow-Methods"
	acah = "Access-Control-Allow-Headers"
	acma = "Access-Control-Max-Age"
	aceh = "Access-Control-Expose-Headers"
	acrm = "Access-Control-Request-Method"
	acrh = "Access-Control-Request-Headers"

	// varyKey holds our Vary: Origin on actual responses. It is not the canonical
	// "Vary", so that a handler's Header().Set("Vary", …) leaves it alone: a cache
	// that does not know of Origin would hand one page's answer to another. Field
	// names are case-insensitive on the wire, and lines of one name add up: RFC
	// 9110, sections 5.1 and 5.3.
	varyKey = "vary"

	varyPreflight = "Origin, " + acrm + ", " + acrh
)

// decorate sets the headers of the response to r, an actual request with these Origin
// lines. Its outcome is the same however often it is called on one header.
// It returns the grant, or why the response is not shared, and whether it saw that
// CorsConfig.Handler has found the same.
func (e *enabled) decorate(route *Route, h http.Header, r *http.Request, asked *asking, origins []string) (g *grant, why refusal, seen bool) {
	g, why = e.decide(route, r, asked, origins, r.Method)
	if len(h) > 0 {
		if e.isSet(h, g, origins) {
			//lint:ignore SA1008 varyKey says why it is not canonical
			_, marked := h[varyKey]
			return g, why, g != nil || marked
		}
		clearShared(h) // of an outer decision: the router ran this route
		if e.preflights.reg.timing.Load() {
			delete(h, tao)
		}
	}
	if g == nil && e.constant && e.resourcePolicy == 0 {
		return nil, why, false
	}
	n := 1
	if e.resourcePolicy != 0 || g != nil && g.timing {
		n = 6
	} else if g != nil {
		n = 4
		if g.exposeHeaders == "" && !g.credentials {
			n = 2
		}
	}
	values := make(values, 0, n)
	if !e.constant {
		values.setVaryOrigin(h, e.vary())
	}
	if e.resourcePolicy != 0 {
		values.set(h, corp, e.resourcePolicy.String())
	}
	if g == nil {
		return nil, why, false
	}
	allowed := "*"
	if g.credentials || !g.star {
		allowed = origins[0]
	}
	values.set(h, acao, allowed)
	if g.timing {
		values.set(h, tao, allowed)
	}
	if g.credentials {
		values.set(h, acac, "true")
	}
	values.set(h, aceh, g.exposeHeaders)
	return g, why, false
}

// isSet reports whether h has just what decorate would set for g.
func (e *enabled) isSet(h http.Header, g *grant, origins []string) bool {
	is := func(key, value string) bool {
		values := h[key]
		if value == "" {
			return len(values) == 0
		}
		return len(values) == 1 && values[0] == value
	}
	//lint:ignore SA1008 varyKey says why it is not canonical
	if !e.constant && !slices.Contains(h[varyKey], e.vary()) {
		return false
	}
	if e.resourcePolicy != 0 && !is(corp, e.resourcePolicy.String()) {
		return false
	}
	timing := e.preflights.reg.timing.Load()
	if g == nil {
		return is(acao, "") && is(acac, "") && is(aceh, "") && (!timing || is(tao, ""))
	}
	allowed, credentials := "*", ""
	if g.credentials {
		credentials = "true"
	}
	if g.credentials || !g.star {
		allowed = origins[0]
	}
	if timing && !is(tao, g.timingOf(allowed)) {
		return false
	}
	return is(acao, allowed) && is(acac, credentials) && is(aceh, g.exposeHeaders)
}

// values are the values of the headers that we set. They stand in an array of the
// response's own, since the handler may write to them; one array serves all, cut
// so that an append to one value cannot reach the next.
type values []string

// set sets key to value in h, unless value is empty.
func (v *values) set(h http.Header, key, value string) {
	if value == "" {
		return
	}
	n := len(*v)
	*v = append(*v, value)
	h[key] = (*v)[n : n+1 : n+1]
}

// setVaryOrigin adds names, which is "Origin" as a rule, to varyKey.
func (v *values) setVaryOrigin(h http.Header, names string) {
	//lint:ignore SA1008 varyKey says why it is not canonical
	if old := h[varyKey]; len(old) == 0 {
		v.set(h, varyKey, names)
	} else if !slices.Contains(old, names) {
		h[varyKey] = append(old[:len(old):len(old)], names)
	}
}

// setVary adds names, the request headers that the answer to a preflight depends on.
func (v *values) setVary(h http.Header, names string) {
	if old := h["Vary"]; len(old) == 0 {
		v.set(h, "Vary", names)
	} else {
		h["Vary"] = append(old[:len(old):len(old)], names)
	}
}

// clearShared removes what makes a response shared, of an outer decision or of a
// middleware: beside what we set it would allow more than the policy does.
func clearShared(h http.Header) {
	delete(h, acao)
	delete(h, acac)
	delete(h, aceh)
}

// clearAll is clearShared for the answer to a preflight.
func clearAll(h http.Header) {
	clearShared(h)
	delete(h, acam)
	delete(h, acah)
	delete(h, acma)
}
