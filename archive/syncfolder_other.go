//go:build windows || js || wasip1

package archive

// syncFolder does nothing: folders cannot be synced here.
func syncFolder(string) error { return nil }
