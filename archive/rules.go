package archive

// Numbers of the rules in docs/spec that this package checks itself. Those
// about the manifest's members come with the errors of package manifest.
const (
	ruleFile        = "C-1"  // data frames, fixity frame, seek table, nothing else
	ruleGlobal      = "C-2"  // the global header
	ruleHeader      = "C-3"  // canonical headers
	ruleSplit       = "C-4"  // prefix and name
	ruleExtended    = "C-5"  // sizes of 8 GiB and more
	rulePadding     = "C-6"  // zeros
	ruleEnd         = "C-7"  // two zero blocks
	ruleSequence    = "C-8"  // what follows what
	ruleFrame       = "C-9"  // canonical frames
	ruleBlocks      = "C-10" // blocks fit the content size
	ruleFrameSize   = "C-11" // 4 MiB
	ruleCut         = "C-12" // where frames are cut
	ruleFixity      = "C-15"
	ruleManifestMax = "C-16"
	ruleTable       = "C-17"
	ruleTableRows   = "C-18"
	ruleContent     = "C-14" // frames decompress
	ruleTime        = "C-13" // of members
	ruleLimits      = "C-19" // of the reader

	rulePresent  = "E-5" // what is listed is there
	ruleListed   = "E-6" // what is there is listed
	ruleSize     = "E-7"
	ruleDigest   = "E-8"
	ruleOffset   = "E-9"
	ruleChunks   = "E-10"
	ruleManifest = "M-1"
	ruleHint     = "M-19"

	ruleSignatureForm  = "S-1"
	ruleSignedAll      = "S-2"
	ruleNamespace      = "S-3"
	ruleVerifies       = "S-4"
	ruleOneSigner      = "S-5"
	rulePlacement      = "S-6"
	ruleUnsignedPure   = "S-7"
	ruleStripped       = "S-8"
	ruleTrust          = "T-2"
	ruleUnsigned       = "T-3"
	ruleAge            = "T-5"
	ruleVersion        = "V-2"
	ruleUnknownCrit    = "V-4"
	ruleVersionOfFrame = "V-6"
)
