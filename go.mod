module github.com/routecors/routecors

go 1.25.0

require (
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/net v0.58.0 // indirect
)
