package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A scenario is one row.
type scenario struct {
	name    string
	policy  policy
	methods []string // public ones of articles; nil is GET, POST and PUT
	method  string
	path    string
	lines   []string // of the request, beside its Origin
	origins []string // requests take turns; nil is none

	account account
	bar     bar       // against rs/cors
	than    *scenario // that ours is compared with, beside the peers
	most    float64   // of than
}

// An account says how a contender is served, and what is taken off its time. The time
// of a routing is the bare router's less the call of an empty handler, that of a
// look-up the adapter's Resolve.
type account struct {
	byHandler    bool // ours by CorsConfig.Handler, not by the router
	peersOutside bool // a peer round the whole router, not round the route

	ours, peers cost
}

type cost struct{ routings, lookUps, calls float64 }

var (
	inRouter  = account{ours: cost{1, 0, 0}, peers: cost{1, 0, 0}}
	ahead     = account{byHandler: true, ours: cost{0, 1, 0}, peers: cost{1, 0, 0}}
	synthetic = account{ours: cost{1, 1, 0}, peers: cost{1, 0, 0}}

	addedAhead     = account{byHandler: true, ours: cost{1, 0, 1}, peers: cost{1, 0, 1}}
	addedSynthetic = account{ours: cost{1, 1, 1}, peers: cost{1, 0, 1}}

	outside = account{byHandler: true, peersOutside: true, ours: cost{1, 0, 0}, peers: cost{1, 0, 0}}
	whole   = account{}
)

// A bar is the most that a row may cost of rs/cors, on ServeMux and on chi; 0 is none.
type bar [2]float64

const (
	app      = "https://app.example.com"
	stranger = "https://app.example.org"
	acrm     = "Access-Control-Request-Method: "
	acrh     = "Access-Control-Request-Headers: "
	asksPUT  = acrm + "PUT"
)

var five = []string{"Accept-Version", "Content-Type", "X-Csrf-Token", "X-Request-Id", "X-Trace"}

// exact returns n origins, and subdomains n patterns. The last is that of app.
func exact(n int) []string      { return hosts(n, "https://") }
func subdomains(n int) []string { return append(hosts(n, "https://*.")[:n-1], "https://*.example.com") }

func hosts(n int, scheme string) (list []string) {
	for i := range n - 1 {
		list = append(list, fmt.Sprintf("%ssite%d.example.net", scheme, i))
	}
	return append(list, app)
}

// spread returns origins that keys allow, evenly spread over them.
func spread(keys []string) (list []string) {
	n := min(len(keys), batch)
	for i := range n {
		list = append(list, strings.Replace(keys[(i+1)*len(keys)/n-1], "*", "app", 1))
	}
	return list
}

func asks(names ...string) []string {
	return []string{asksPUT, acrh + strings.ToLower(strings.Join(names, ","))}
}

// bareRouter stands for the same request on the router without CORS.
var bareRouter = &scenario{name: "the bare router"}

// scenarios returns the rows.
func scenarios() []scenario {
	one := policy{origins: exact(1)}
	with := func(n int) policy { return policy{origins: exact(1), headers: five[:n]} }
	actual := func(name string, p policy, rs float64) scenario {
		return scenario{name: name, policy: p, method: "PUT", origins: spread(p.origins), account: inRouter, bar: bar{rs, rs}}
	}
	preflight := func(name string, p policy, a account, rs bar, lines ...string) scenario {
		return scenario{name: name, policy: p, method: "OPTIONS", lines: lines, origins: []string{app}, account: a, bar: rs}
	}
	from := func(origin string, s scenario) scenario {
		s.origins = []string{origin}
		return s
	}
	most := func(x float64, than scenario, s scenario) scenario {
		s.most, s.than = x, &than
		return s
	}
	star := actual("actual, `*`", policy{origins: []string{"*"}}, 0.70)
	star.origins = []string{app}
	noPOST := preflight("preflight, 1 header, no POST there", with(1), ahead, bar{0.70, 0.70}, asks(five[0])...)
	noPOST.methods = []string{"GET", "PUT"}

	patterns := policy{origins: subdomains(1000)}
	unlisted := from(stranger, actual("actual, origin not allowed", one, 0.55))
	unlistedMany := from(stranger, actual("actual, origin not allowed, 1,000 patterns", patterns, 0))
	badOrigin := from(stranger, preflight("preflight refused: origin", one, ahead, bar{0.50, 0.50}, asksPUT))
	badOriginMany := from(stranger, preflight("preflight refused: origin, 1,000 patterns", patterns, ahead, bar{}, asksPUT))
	badHeader := preflight("preflight refused: header", with(5), ahead, bar{0.50, 0.50}, asks("X-Other")...)
	long := "https://" + strings.Repeat("a", 1<<20)
	dotted := "https://" + strings.Repeat("a.", (253-len("b.site9.example.org"))/2) + "b.site9.example.org"
	return []scenario{
		most(1, *bareRouter, scenario{name: "private route", policy: one, method: "GET", path: private, origins: []string{app}, account: whole}),
		{name: "no Origin", policy: one, method: "PUT", account: inRouter, bar: bar{1.3, 1.3}},
		actual("actual, 1 exact origin", one, 0.80),
		actual("actual, 10,000 exact origins", policy{origins: exact(10000)}, 0.05),
		most(1.25, actual("actual, 10,000 exact origins", policy{origins: exact(10000)}, 0), actual("actual, 100,000 exact origins", policy{origins: exact(100000)}, 0.05)),
		star,
		actual("actual, credentials and expose", policy{origins: exact(1), expose: []string{"ETag", "X-Total"}, credentials: true}, 1.00),
		actual("actual, 1 subdomain pattern", policy{origins: subdomains(1)}, 0.88),
		actual("actual, 1,000 subdomain patterns", patterns, 0.06),
		unlisted,

		preflight("preflight", one, ahead, bar{0.68, 0.68}, asksPUT),
		preflight("preflight, 1 header", with(1), ahead, bar{0.70, 0.70}, asks(five[0])...),
		preflight("preflight, 5 headers", with(5), ahead, bar{0.65, 0.65}, asks(five...)...),
		noPOST,
		badOrigin,
		preflight("preflight refused: private method", one, synthetic, bar{0.50, 0.50}, acrm+"DELETE"),
		badHeader,

		preflight("preflight, added by `cors.Handler`", one, addedAhead, bar{0.85, 0.10}, asksPUT),
		preflight("preflight, added by the synthetic OPTIONS", one, addedSynthetic, bar{0.75, 0.78}, asksPUT),
		{name: "`cors.Handler`, no Origin", policy: one, method: "GET", path: private, account: outside, bar: bar{0.5, 0.5}},
		{name: "`cors.Handler`, actual", policy: one, method: "PUT", origins: []string{app}, account: outside, bar: bar{1.8, 1.8}},

		most(1.5, badHeader, preflight("hostile: preflight, 1 MiB of request header", with(5), ahead, bar{}, asks(strings.Repeat("x", 1<<20))...)),
		most(1.5, badHeader, preflight("hostile: preflight, 100,000 commas", with(5), ahead, bar{}, asks(strings.Repeat(",", 100000))...)),
		most(1.5, badHeader, preflight("hostile: preflight, 10,000 lines", with(5), ahead, bar{}, append([]string{asksPUT}, slices.Repeat([]string{acrh + "x-trace"}, 10000)...)...)),
		most(1.5, badOrigin, from(long, preflight("hostile: preflight, 1 MiB of Origin", one, ahead, bar{}, asksPUT))),
		most(1.5, badOriginMany, from(dotted, preflight("hostile: preflight, 253-byte host, 1,000 patterns", patterns, ahead, bar{}, asksPUT))),
		most(1.5, unlisted, from(long, actual("hostile: actual, 1 MiB of Origin", one, 0))),
		most(1.5, unlistedMany, from(dotted, actual("hostile: actual, 253-byte host, 1,000 patterns", patterns, 0))),
	}
}

// requests returns those of s, with the headers that a browser sends beside.
func (s scenario) requests() (list []*http.Request) {
	path := s.path
	if path == "" {
		path = strings.Replace(articles, "{id}", "7", 1)
	}
	for i := range max(len(s.origins), 1) {
		r, err := http.NewRequest(s.method, "http://api.example.com"+path, nil)
		must(err)
		r.Header = http.Header{
			"Accept": {"*/*"}, "Accept-Encoding": {"gzip, deflate, br, zstd"}, "Accept-Language": {"en"}, "Connection": {"keep-alive"},
			"Referer": {app + "/"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Site": {"same-site"},
			"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64)"}, "Priority": {"u=4"}, "Cache-Control": {"no-cache"}, "Pragma": {"no-cache"},
		}
		if s.origins != nil {
			r.Header.Set("Origin", s.origins[i])
		}
		for _, line := range s.lines {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		list = append(list, r)
	}
	return list
}
