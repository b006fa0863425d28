package redisapi

import "github.com/redis/go-redis/v9"

// wordSize is what a word of a command counts for besides its length.
const wordSize = 16

// size is about how many bytes commands are on the wire, so that large values do not
// all go into one request.
func size(commands []redis.Cmder) (n int) {
	for _, c := range commands {
		for _, word := range c.Args() {
			n += wordSize
			switch word := word.(type) {
			case string:
				n += len(word)
			case []byte:
				n += len(word)
			}
		}
	}
	return n
}
