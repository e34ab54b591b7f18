package render

import (
	"cmp"
	"slices"
)

// gather puts the numbers below n together that compare calls equal. A group's
// numbers ascend, and groups are in the order of their first ones. They share
// one list, which takes four bytes for each number: what a page says of a
// hundred thousand assets is put in order without keeping any of it.
func gather(n int, compare func(i, j int32) int) [][]int32 {
	order := numbers(n)
	slices.SortFunc(order, func(i, j int32) int {
		if c := compare(i, j); c != 0 {
			return c
		}
		return cmp.Compare(i, j)
	})
	var groups [][]int32
	for len(order) > 0 {
		end := 1
		for end < len(order) && compare(order[0], order[end]) == 0 {
			end++
		}
		groups = append(groups, order[:end:end])
		order = order[end:]
	}
	slices.SortFunc(groups, func(a, b []int32) int { return cmp.Compare(a[0], b[0]) })
	return groups
}

// numbers returns those below n.
func numbers(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}
