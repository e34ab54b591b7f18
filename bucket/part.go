package bucket

const (
	maxParts  = 10_000  // of an object of S3
	minPart   = 8 << 20 // of ours
	maxPart   = 5 << 30 // of S3
	maxObject = 5 << 40 // of S3, the least of the three providers
	mebibyte  = 1 << 20
)

// partSize returns the size of part n, counted from 1. Where the object's size
// is known, all parts are equal and few enough. Otherwise they double every
// 2,000 parts, from 8 to 64 MiB, so that small archives need little memory and
// large ones, up to 368,000 MiB, still fit.
func partSize(n int32, opts WriterOptions) int64 {
	if opts.Size > 0 {
		least := (opts.Size + maxParts - 2) / (maxParts - 1)
		return max(minPart, (least+mebibyte-1)/mebibyte*mebibyte)
	}
	return minPart << min(3, (n-1)/2_000)
}
