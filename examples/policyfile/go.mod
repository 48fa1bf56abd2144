module github.com/routecors/routecors/examples/policyfile

go 1.25.0

replace github.com/routecors/routecors => ../..

require (
	github.com/google/go-cmp v0.7.0
	github.com/routecors/routecors v0.0.0-00010101000000-000000000000
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	go.yaml.in/yaml/v4 v4.0.0
)

require (
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
