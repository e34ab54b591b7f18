// Package cloudtest gives tests emulators of Google Cloud Storage
// (fake-gcs-server) and of Azure Blob Storage (Azurite). They are started once
// for a test binary, on the loopback interface, and end with it. `make tools`
// installs them. What they show is weaker than what a server of package s3test
// shows: they stand in for services that can only be had as services.
package cloudtest
