// Package corstest tests CORS policies, and adapters for routers.
//
// # Policies
//
// CORS is enforced by browsers, so a policy is tested by what a page can do. Browser
// is what a browser does with CORS, by the Fetch standard, without one:
//
//	func TestPartnersMayOrder(t *testing.T) {
//		page := corstest.Browser(t, newHandler()).Page("https://shop.partner.example")
//
//		order := page.Fetch("POST", "/orders", corstest.Header("Content-Type", "application/json"), corstest.Body("{}"))
//		if order.Status != 201 {
//			t.Error(order) // says which step of the standard failed, and why
//		}
//		if page.CanRead("GET", "/admin/stats") {
//			t.Error("a partner can read the statistics")
//		}
//	}
//
// It decides whether a request needs a preflight, sends it, keeps the preflight
// cache, sends the request with the cookies that belong to it, follows redirects,
// and shows what of the response the page can read. It is checked against Chromium
// and Firefox with every case that this module has for them, testdata/browser. Where
// those differ from the standard it keeps to the standard: "*" does not allow the
// request header Authorization, which both let pass. What it leaves out is what is
// not CORS: the HTTP cache, mixed content, Content-Security-Policy,
// Cross-Origin-Resource-Policy, Local Network Access, service workers, WebSockets.
//
// Matrix shows what every page can do with every route, as a text to commit: a
// change of policy is a change of that file.
//
// # Adapters
//
// TestAdapter is the suite that the adapters of this module pass, for the author of
// another one.
package corstest
