package testkit

import "math/bits"

// A draw is a stream of random numbers: SplitMix64, written out so that the
// bytes of a tenant depend on no library. (G. Steele, D. Lea, C. Flood: Fast
// splittable pseudorandom number generators, OOPSLA 2014.)
type draw struct{ state uint64 }

func (d *draw) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return scramble(d.state)
}

func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1; n is at least 1.
func (d *draw) below(n int) int {
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// between returns a number from low to high, both included.
func (d *draw) between(low, high int) int { return low + d.below(high-low+1) }

// percent is true that often in a hundred.
func (d *draw) percent(p int) bool { return d.below(100) < p }

// pick returns one of list.
func (d *draw) pick(list []string) string { return list[d.below(len(list))] }

// A purpose tells the streams of one slot apart.
type purpose uint64

const (
	forTenant purpose = iota + 1
	forWorkspace
	forIdentifier
	forShape
	forContent
	forRevision
	forRemoval
	forState
	forUser
	forTeam
	forSize
	forGrant
	forEvent
	forRows
)

// seeded returns the stream for a purpose and up to three numbers.
func seeded(seed uint64, p purpose, a, b, c int) draw {
	h := scramble(seed ^ uint64(p)*0xd6e8feb86659fd93)
	h = scramble(h ^ uint64(a)*0xa0761d6478bd642f)
	h = scramble(h ^ uint64(b)*0xe7037ed1a0b428db)
	return draw{scramble(h ^ uint64(c)*0x8ebc6af09c88c6e3)}
}

// A distribution is the inverse of a cumulative one: values at ascending shares
// of 65,536, straight lines between them. Tables instead of formulas, because
// exponentials differ in their last bit from one processor to the next.
type distribution []knot

type knot struct{ share, value int }

// value draws one.
func (q distribution) value(d *draw) int {
	u := d.next()
	at := int(u >> 48)
	for i := 1; ; i++ {
		if at >= q[i].share && i < len(q)-1 {
			continue
		}
		low, high := q[i-1], q[i]
		// 16 more bits, since the knots at the end are one share apart.
		fine := (at-low.share)<<16 | int(u>>32&0xffff)
		return low.value + (high.value-low.value)*fine/((high.share-low.share)<<16)
	}
}

// The sizes of documents in bytes, before what every document needs anyway.
// They follow log-normal distributions: reports with a median of 4,000 and a
// sigma of 1.05, models with 5,500 and 0.85, files with 24,000 and 1.8.
var (
	reportSizes = distribution{
		{0, 500}, {1490, 555}, {6554, 1040}, {16384, 1970}, {32768, 4000}, {49152, 8120}, {58982, 15360},
		{62259, 22500}, {64226, 34500}, {64881, 46000}, {65404, 85000}, {65529, 160000}, {65535, 215000}, {65536, 320000},
	}
	modelSizes = distribution{
		{0, 1000}, {1490, 1120}, {6554, 1850}, {16384, 3100}, {32768, 5500}, {49152, 9760}, {58982, 16350},
		{62259, 22250}, {64226, 31600}, {64881, 39700}, {65404, 52000}, {65536, 60000},
	}
	fileSizes = distribution{
		{0, 1000}, {1490, 1100}, {6554, 2400}, {16384, 7130}, {32768, 24000}, {49152, 76000}, {58982, 225000},
		{62259, 464000}, {64226, 970000}, {64881, 1600000}, {65404, 3400000}, {65536, 5 << 20},
	}
)
