package migrating

var djangoCORSHeaders = []row{}
