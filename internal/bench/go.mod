module github.com/routecors/routecors/internal/bench

go 1.25.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/go-chi/cors v1.2.2
	github.com/routecors/routecors v0.0.0
	github.com/rs/cors v1.11.1
)

require golang.org/x/net v0.58.0 // indirect

replace github.com/routecors/routecors => ../..
