package routecors

// Lists to start from. No policy has them unless it names them: each name is one more thing
// that a page may do.

// CommonHeaders returns a new list of the request headers that clients commonly set, for
// AllowHeaders, alone or with more: append(routecors.CommonHeaders(), "X-Mine").
//
// They are the default_headers of django-cors-headers without User-Agent, which pages have no
// reason to set: Accept and Content-Type for what is not CORS-safelisted, such as JSON;
// Authorization, which Fetch sends for no "*"; X-CSRFToken, of Django and Angular; X-Requested-With,
// of jQuery.
func CommonHeaders() []string {
	return []string{"Accept", "Authorization", "Content-Type", "X-CSRFToken", "X-Requested-With"}
}

// CommonMethods returns a new list of the methods of a REST resource, for the AllowMethods of
// a route that serves several, a Resource or a Tree: the default_methods of django-cors-headers without
// OPTIONS, which only scripts that send it themselves need. GET includes HEAD.
func CommonMethods() []string {
	return []string{"DELETE", "GET", "PATCH", "POST", "PUT"}
}
