"""Prints the numbers that RandomStreamTests expects, from an implementation of its own.

SplitMix64 and xoshiro256** are checked against published outputs first. Needs Python alone:

    python3 Scripts/goldens/random_stream.py
"""

MASK = (1 << 64) - 1


def split_mix(state):
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def rotated(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


class Stream:
    def __init__(self, state):
        self.s = list(state)

    @classmethod
    def of(cls, seed, epoch, index):
        mixed = split_mix(seed & MASK)[1]
        for number in (epoch, index):
            mixed = split_mix((mixed + number) & MASK)[1]
        state, words = mixed, []
        for _ in range(4):
            state, word = split_mix(state)
            words.append(word)
        return cls(words)

    def next(self):
        s = self.s
        result = rotated(s[1] * 5 & MASK, 7) * 9 & MASK
        shifted = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotated(s[3], 45)
        return result

    def below(self, bound):
        while True:
            product = self.next() * bound
            if product & MASK >= ((1 << 64) - bound) % bound:
                return product >> 64

    def permutation(self, count):
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            place = self.below(last + 1)
            order[last], order[place] = order[place], order[last]
        return order


assert split_mix(1234567)[1] == 6457827717110365317
published = Stream([1, 2, 3, 4])
assert [published.next() for _ in range(4)] == [11520, 0, 1509978240, 1215971899390074240]

for key in [(0, 0, 0), (2023, 7, 41), (MASK, 0, -1)]:
    stream = Stream.of(*key)
    print(key, [stream.next() for _ in range(3)])
print("permutation", Stream.of(2023, 1, -1).permutation(10))
print("uniform", repr((Stream.of(2023, 7, 41).next() >> 11) * 2.0**-53))
