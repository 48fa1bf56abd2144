package corstest

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"

	"golang.org/x/net/publicsuffix"
)

func newJar() *cookiejar.Jar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return jar
}

// cookies returns those that a fetch of the page sends to u: those with Partitioned
// that were set under its own site, and the others. To another site these are the
// ones with SameSite=None; Secure, as where the user has not blocked third-party cookies.
// See https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.8.3.
func (page *Page) cookies(u *url.URL) []*http.Cookie {
	jar := page.profile.anywhere
	if page.isSameSite(u) {
		jar = page.profile.cookies
	}
	cookies := jar.Cookies(trusted(u))
	if jar := page.profile.partitioned[page.site]; jar != nil {
		cookies = slices.Concat(cookies, jar.Cookies(trusted(u)))
	}
	return cookies
}

func (page *Page) setCookies(u *url.URL, h http.Header) {
	p := page.profile
	for _, c := range (&http.Response{Header: h}).Cookies() {
		everywhere := c.SameSite == http.SameSiteNoneMode && c.Secure
		switch {
		case !everywhere && !page.isSameSite(u), c.Partitioned && !c.Secure:
			continue
		case c.Partitioned:
			if p.partitioned[page.site] == nil {
				p.partitioned[page.site] = newJar()
			}
			p.partitioned[page.site].SetCookies(trusted(u), []*http.Cookie{c})
			continue
		}
		p.cookies.SetCookies(trusted(u), []*http.Cookie{c})
		if !everywhere {
			gone := *c // it replaces one that went everywhere
			gone.MaxAge = -1
			c = &gone
		}
		p.anywhere.SetCookies(trusted(u), []*http.Cookie{c})
	}
}

// trusted returns u as the jars see it: loopback is as good as https.
// See https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy.
func trusted(u *url.URL) *url.URL {
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "http" || !isLocalhost(u.Hostname()) && (ip == nil || !ip.IsLoopback()) {
		return u
	}
	secure := *u
	secure.Scheme = "https"
	return &secure
}
