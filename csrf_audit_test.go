package routecors_test

import (
	"slices"
	"testing"

	"github.com/routecors/routecors"
)

const trustedForms = `{"https://b.example": {"allow_credentials": true}, "*": {"deny": true}}`

// protectionAuditCases say where an audit sees a CrossOriginProtection.
var protectionAuditCases = []auditCase{
	{"no form-post where a protection is behind Handler", nil, func(b bench) {
		b.add("GET /x")
		b.add("POST /x", trustedForms)
		b.cors.Handler(b.cors.CrossOriginProtection().Handler(text("router")))
	}, nil},
	{"nor where it is before", nil, func(b bench) {
		b.add("GET /x")
		b.add("POST /x", trustedForms)
		b.cors.CrossOriginProtection().Handler(b.cors.Handler(text("router")))
	}, nil},
	{"nor where it is around the route", nil, func(b bench) {
		b.add("GET /x")
		protected := b.router.Handle("POST /x", b.cors.CrossOriginProtection().Handler(text("x")))
		must(b.t, b.cors.Add(protected, policy(b.t, trustedForms)))
		b.add("POST /y", trustedForms)
	}, []string{"note: form-post: POST /y: …"}},
	{"form-post where a protection may be elsewhere", nil, func(b bench) {
		b.add("GET /x")
		b.add("POST /x", trustedForms)
		b.cors.Handler(b.cors.CrossOriginProtection().Handler(text("router")))
		b.cors.Handler(text("router, of another server"))
	}, []string{"note: form-post: POST /x: …"}},
	{"form-post where the protection is bypassed", nil, func(b bench) {
		b.add("GET /x")
		b.add("POST /x", trustedForms)
		b.add("POST /y", trustedForms)
		protection := b.cors.CrossOriginProtection()
		protection.AddInsecureBypassPattern("POST /y")
		b.cors.Handler(protection.Handler(text("router")))
	}, []string{"note: form-post: POST /y: …"}},
	{"form-post where the protection is of another registry", nil, func(b bench) {
		b.add("GET /x")
		b.add("POST /x", trustedForms)
		other, err := routecors.Setup(b.router, nil)
		must(b.t, err)
		b.cors.Handler(other.CrossOriginProtection().Handler(text("router")))
	}, []string{"note: form-post: POST /x: …"}},
	{"untrusted-key", []routecors.Option{routecors.DangerouslyTrustPublicSuffixes()}, func(b bench) {
		b.add("GET /x")
		b.add("POST /x", `{"https://b.example": {"allow_credentials": true}, "https://*.github.io": {"allow_credentials": true}}`)
		b.add("PUT /x", `{"*": {"allow_headers": "*"}}`)
		b.add("PUT /y", `{"*": {"allow_headers": "*"}}`)
		b.add("/every", `{"https://c.example": {"allow_methods": ["GET", "HEAD", "OPTIONS"]}, "https://d.example": {"allow_methods": "*"}, "*": {"deny": true}}`)
		protection := b.cors.CrossOriginProtection()
		protection.AddInsecureBypassPattern("/y")
		b.cors.Handler(protection.Handler(text("router")))
	}, []string{
		`warning: public-suffix: POST /x: …`,
		`warning: untrusted-key: POST /x: origin "https://app.example": …`,
		`warning: untrusted-key: POST /x: origin "https://*.github.io": CrossOriginProtection refuses what the key allows to send, since it does not say whose page it is; list the origins, or AddInsecureBypassPattern if any page may send it`,
		`warning: untrusted-key: PUT /x: origin "*": CrossOriginProtection refuses what the key allows to send, since it has no AllowCredentials; add AllowCredentials, or AddInsecureBypassPattern if any page may send it`,
		`warning: untrusted-key: /every: origin "https://d.example": …`,
	}},
}

// TestAuditSeesProtection: in a chi chain, too; not where only the router was given to it.
func TestAuditSeesProtection(t *testing.T) {
	for name, build := range vaults {
		unseen := slices.ContainsFunc(build(t).cors.Audit(), func(f routecors.Finding) bool { return f.Code == "form-post" })
		if want := name == "ServeMux, alone"; unseen != want {
			t.Errorf("%s: unseen is %v, want %v", name, unseen, want)
		}
	}
}
