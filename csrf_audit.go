package routecors

import (
	"net/http"
	"slices"
)

// refuses reports whether p refuses what a page that is not trusted sends to r with
// method; r may be nil.
func (p *CrossOriginProtection) refuses(r *http.Request, method string) bool {
	if !p.bypasses.Load() {
		return true
	}
	if r == nil {
		return false // as far as can be told
	}
	sent := *r
	sent.Method, sent.Header = method, http.Header{"Sec-Fetch-Site": {"cross-site"}}
	return p.std.Check(&sent) != nil
}

// protected reports whether it is known that a protection refuses what a page that is
// not trusted sends to route with method: one around its handler, or those before every
// route.
func (a *audit) protected(route *Route, method string) bool {
	all := a.reg.guards.all()
	own, _ := route.handler.(*guard)
	if own == nil && all == nil {
		return false
	}
	r := a.sample(route)
	if own != nil && own.p.reg == a.reg && own.p.refuses(r, method) {
		return true
	}
	return all != nil && !slices.ContainsFunc(all, func(p *CrossOriginProtection) bool { return !p.refuses(r, method) })
}

// untrusted reports routes that the key of u opens, and a protection shuts: a preflight
// is approved, and the request answered with 403.
func (a *audit) untrusted(u *use) {
	if u.grant.trusted {
		return
	}
	routes := u.routes(func(route *Route) bool {
		e := route.enabled.Load()
		if e == nil {
			return false // since it was listed
		}
		for _, m := range e.methods(route, u.grant) {
			if m == "*" {
				m = http.MethodPost
			}
			switch m {
			case http.MethodGet, http.MethodHead, http.MethodOptions:
				continue
			}
			if a.protected(route, m) && a.serves(route, m) {
				return true
			}
		}
		return false
	})
	f := Finding{
		Severity: SeverityWarning, Code: "untrusted-key", Origin: u.key,
		Reason: "CrossOriginProtection refuses what the key allows to send, since it has no AllowCredentials",
		Remedy: "add AllowCredentials, or AddInsecureBypassPattern if any page may send it",
	}
	if u.grant.credentials {
		f.Reason = "CrossOriginProtection refuses what the key allows to send, since it does not say whose page it is"
		f.Remedy = "list the origins, or AddInsecureBypassPattern if any page may send it"
	}
	a.report(f, names(routes))
}
