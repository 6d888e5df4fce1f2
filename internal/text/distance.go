package text

// unreachable is above any cost.
const unreachable = 1 << 14

// Cells are the memory of Distance, used again and again.
type Cells struct {
	nodes  []uint16 // by node and phoneme that is meant: the least cost up to there
	inside []uint16 // the same within an edge
}

// Distance gives the least cost, in parts of Whole, at which phonemes stand anywhere in a text, whichever way it is read.
// Nothing is allocated once the cells are large enough.
func (l *Likeness) Distance(c *Cells, t *Lattice, meant []Phone) int {
	width := len(meant) + 1
	if n := t.Nodes() * width; cap(c.nodes) < n {
		c.nodes = make([]uint16, n)
	}
	if cap(c.inside) < width {
		c.inside = make([]uint16, width)
	}
	nodes, inside := c.nodes[:t.Nodes()*width], c.inside[:width]
	for i := range nodes {
		nodes[i] = unreachable
	}
	best := uint16(unreachable)
	for node := range t.Nodes() {
		here := nodes[node*width : (node+1)*width]
		here[0] = 0
		for k, p := range meant {
			here[k+1] = min(here[k+1], here[k]+uint16(l.Lost[p]))
		}
		best = min(best, here[width-1])
		for _, edge := range t.Leaving(node) {
			copy(inside, here)
			for _, x := range edge.Phones {
				l.hear(inside, meant, x)
				best = min(best, inside[width-1])
			}
			there := nodes[int(edge.To)*width : (int(edge.To)+1)*width]
			for k, cost := range inside {
				there[k] = min(there[k], cost)
			}
		}
	}
	return int(best)
}

// hear takes the costs up to a place one phoneme of the text further.
func (l *Likeness) hear(costs []uint16, meant []Phone, x Phone) {
	swap, added := &l.Swap[x%64], &l.Added[x%64]
	costs = costs[:len(meant)+1]
	before, last := costs[0], uint16(0)
	costs[0] = 0
	for k, p := range meant {
		at := costs[k+1]
		last = min(before+uint16(swap[p%64]), at+uint16(added[p%64]), last+uint16(l.Lost[p%64]))
		costs[k+1], before = last, at
	}
}
