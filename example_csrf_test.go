package routecors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

// A page that may read with credentials may also send; nobody else may, and nobody may
// to a private route.
func ExampleCorsConfig_CrossOriginProtection() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, routecors.Policy{
		"https://*.example.com": {AllowCredentials: true},
		"*":                     {},
	})
	if err != nil {
		panic(err)
	}
	if err := cors.Add(router.HandleFunc("POST /orders", sayOK)); err != nil {
		panic(err)
	}
	mux.HandleFunc("POST /refunds", sayOK) // private

	protection := cors.CrossOriginProtection()
	h := cors.Handler(protection.Handler(mux))
	for _, request := range [][2]string{
		{"https://app.example.com", "/orders"},
		{"https://app.example.com", "/refunds"},
		{"https://other.example", "/orders"},
	} {
		r := httptest.NewRequest(http.MethodPost, request[1], nil)
		r.Header.Set("Origin", request[0])
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 ok
	// 403 routecors: no route that is open to other origins serves "POST" here (cross-origin request detected from Sec-Fetch-Site header)
	// 403 routecors: origin "https://other.example" is allowed, but not with credentials: its options have no AllowCredentials (cross-origin request detected from Sec-Fetch-Site header)
}
