package routecors_test

import (
	"fmt"
	"log"
	"net/http"
	"testing/fstest"

	"github.com/routecors/routecors"
	"github.com/routecors/routecors/stdmux"
)

func ExampleDiff() {
	old := routecors.Policy{
		"https://*.example.com":   {AllowHeaders: []string{"Content-Type"}},
		"https://old.example.com": {Deny: true},
	}
	new := routecors.Policy{
		"https://*.example.com": {AllowHeaders: []string{"X-CSRF-Token"}, AllowCredentials: true},
	}
	for _, change := range routecors.Diff(old, new) {
		fmt.Println(change.Widens, change)
	}
	// Output:
	// true "https://*.example.com" may now use credentials
	// true "https://*.example.com" may now send x-csrf-token
	// false "https://*.example.com" may no longer send content-type
	// true "https://old.example.com" is no longer denied, but allowed
	// true "https://old.example.com" may now use credentials
	// true "https://old.example.com" may now send x-csrf-token
}

func ExampleCorsConfig_Update() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	cors, err := routecors.Setup(router, nil, routecors.RefuseWidening())
	if err != nil {
		log.Fatal(err)
	}
	list := router.HandleFunc("GET /articles", func(http.ResponseWriter, *http.Request) {})
	if err := cors.Add(list, routecors.Policy{"https://app.example.com": {}}); err != nil {
		log.Fatal(err)
	}

	wider := routecors.Policy{"*": {}}
	fmt.Println(cors.Update(list, wider))
	fmt.Println(cors.Widen(list, wider))
	fmt.Println(cors.Update(list, routecors.Policy{"https://app.example.com": {}}))
	// Output:
	// routecors: refused, since it widens what pages may do:
	// 	GET /articles: "*" is now allowed
	// <nil>
	// <nil>
}

func ExampleCorsConfig_Apply() {
	mux := http.NewServeMux()
	router := stdmux.New(mux)
	nothing := func(http.ResponseWriter, *http.Request) {}
	router.HandleFunc("GET /articles", nothing)
	router.HandleFunc("PUT /articles/{id}", nothing)
	cors, err := routecors.Setup(router, nil)
	if err != nil {
		log.Fatal(err)
	}

	dir := fstest.MapFS{"policies.json": {Data: []byte(`{
		"policies": {"partners": {"https://*.partner.example": {"allow_headers": ["Content-Type"]}}},
		"routes": {
			"GET /articles": {"*": {}},
			"PUT /articles/{id}": "partners"
		}
	}`)}}
	file, err := routecors.ReadPolicyFile(dir, "policies.json")
	if err != nil {
		log.Fatal(err)
	}
	changes, err := cors.Apply(file)
	if err != nil {
		log.Fatal(err)
	}
	for _, change := range changes {
		fmt.Println(change)
	}
	// Output:
	// GET /articles: "*" is now allowed
	// PUT /articles/{id}: "https://*.partner.example" is now allowed
	// PUT /articles/{id}: "https://*.partner.example" may now send content-type
}
