module github.com/routecors/routecors/examples/gorilla

go 1.25.0

replace github.com/routecors/routecors => ../..

require (
	github.com/gorilla/mux v1.8.1
	github.com/routecors/routecors v0.0.0-00010101000000-000000000000
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/net v0.58.0 // indirect
)
