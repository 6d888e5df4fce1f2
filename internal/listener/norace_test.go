//go:build !race

package listener

const raced = false
