package schema

import "github.com/oneanalytics/oa-archive/internal/strictjson"

func parseJSON(doc []byte, b *builder) (*node, error) {
	if err := strictjson.Read(doc, strictjson.Limits{Size: maxSize, Values: maxNodes}, b); err != nil {
		return nil, err
	}
	return b.root, nil
}
