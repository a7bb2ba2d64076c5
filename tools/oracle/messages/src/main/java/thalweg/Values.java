package thalweg;

import java.util.Random;
import org.apache.kafka.common.Uuid;

/** Where the values of a message come from. */
interface Values {
  /** A whole number of so many bits. */
  long integer(int bits, boolean signed);

  boolean flag();

  double real();

  String text();

  byte[] bytes();

  Uuid uuid();

  /** How many elements an array has. */
  int length(boolean ofStructs);

  /** Whether a field that may be null is. */
  boolean isNull();

  /** Whether a field is left at its default. */
  boolean isDefault();

  /** Whether a tagged field is written. */
  boolean hasTag();

  /**
   * Every field says something, and no two the same: integers, texts and bytes count, and flags spell
   * the number of the field over several messages. A field in another's place cannot hide.
   */
  final class Numbered implements Values {
    private final int round;
    private int last = 0;
    private int flags = 0;

    Numbered(int round) {
      this.round = round;
    }

    @Override
    public long integer(int bits, boolean signed) {
      return 1 + last++ % 126;
    }

    @Override
    public boolean flag() {
      return (++flags >> round & 1) == 1;
    }

    @Override
    public double real() {
      return ++last + 0.5;
    }

    @Override
    public String text() {
      return "s" + ++last;
    }

    @Override
    public byte[] bytes() {
      return new byte[] {0, (byte) ++last};
    }

    @Override
    public Uuid uuid() {
      return new Uuid(++last, round);
    }

    @Override
    public int length(boolean ofStructs) {
      return 1 + round % 2;
    }

    @Override
    public boolean isNull() {
      return false;
    }

    @Override
    public boolean isDefault() {
      return false;
    }

    @Override
    public boolean hasTag() {
      return true;
    }
  }

  /** Anything that may be, and the ends of what may be more often than chance would bring them. */
  final class Chance implements Values {
    private static final int[] LENGTHS_AT_BORDERS = {126, 127, 128, 16382, 16383, 16384, 32767};
    private final Random random;

    Chance(long seed) {
      random = new Random(seed);
    }

    @Override
    public long integer(int bits, boolean signed) {
      long most = signed ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
      long least = signed ? -most - 1 : 0;
      switch (random.nextInt(8)) {
        case 0: return 0;
        case 1: return most;
        case 2: return least;
        case 3: return signed ? -1 : 1;
        case 4: return random.nextInt(100);
        default: return signed ? random.nextLong() >> (64 - bits) : random.nextLong() >>> (64 - bits);
      }
    }

    @Override
    public boolean flag() {
      return random.nextBoolean();
    }

    @Override
    public double real() {
      switch (random.nextInt(6)) {
        case 0: return 0;
        case 1: return Double.MAX_VALUE;
        case 2: return -Double.MIN_VALUE;
        default: return random.nextGaussian() * 1e6;
      }
    }

    @Override
    public String text() {
      // Rarely as long as may be, or at a border of what lengths are written in.
      if (random.nextInt(300) == 0) {
        return "x".repeat(LENGTHS_AT_BORDERS[random.nextInt(LENGTHS_AT_BORDERS.length)]);
      }
      StringBuilder made = new StringBuilder();
      for (int n = random.nextInt(9); n > 0; --n) {
        switch (random.nextInt(12)) {
          case 0: made.append('ß'); break;
          case 1: made.append('語'); break;
          case 2: made.appendCodePoint(0x1F600 + random.nextInt(60)); break;
          case 3: made.append((char) random.nextInt(0x80)); break;
          default: made.append((char) ('a' + random.nextInt(26)));
        }
      }
      return made.toString();
    }

    @Override
    public byte[] bytes() {
      byte[] made = new byte[random.nextInt(100) == 0 ? 300 : random.nextInt(20)];
      random.nextBytes(made);
      return made;
    }

    @Override
    public Uuid uuid() {
      switch (random.nextInt(6)) {
        case 0: return Uuid.ZERO_UUID;
        case 1: return new Uuid(-1, -1);
        default: return new Uuid(random.nextLong(), random.nextLong());
      }
    }

    @Override
    public int length(boolean ofStructs) {
      return !ofStructs && random.nextInt(60) == 0 ? 130 : random.nextInt(4);
    }

    @Override
    public boolean isNull() {
      return random.nextInt(3) == 0;
    }

    @Override
    public boolean isDefault() {
      return random.nextInt(6) == 0;
    }

    @Override
    public boolean hasTag() {
      return random.nextInt(3) > 0;
    }

    int below(int n) {
      return random.nextInt(n);
    }
  }
}
