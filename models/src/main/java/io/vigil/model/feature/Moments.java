package io.vigil.model.feature;

import java.math.BigInteger;

/**
 * Number, sum, sum of squares, least and greatest of amounts in minor units. Exact: the squares are
 * summed in 128 bits; the sum is held at the ends of the range of long. Mutable, single-threaded.
 */
final class Moments implements Totals<Moments> {
  /** Bits that say which parts besides the count are kept in state. */
  static final int SUM = 1;

  static final int SQUARES = 2;
  static final int EXTREMES = 4;

  /** All of them. */
  static final int PARTS = SUM | SQUARES | EXTREMES;

  private static final double MINOR_PER_MAJOR = 100.0;
  private static final double PARTS_PER_MAJOR_SQUARED = MINOR_PER_MAJOR * MINOR_PER_MAJOR;

  long count;
  long sum;
  private long squaresHigh;
  private long squaresLow;
  private long min;
  private long max;

  Moments() {
    clear();
  }

  @Override
  public void clear() {
    count = 0;
    sum = 0;
    squaresHigh = 0;
    squaresLow = 0;
    min = Long.MAX_VALUE;
    max = Long.MIN_VALUE;
  }

  void add(long amountMinor) {
    count++;
    sum = saturatedSum(sum, amountMinor);
    addSquares(Math.multiplyHigh(amountMinor, amountMinor), amountMinor * amountMinor);
    min = Math.min(min, amountMinor);
    max = Math.max(max, amountMinor);
  }

  @Override
  public boolean isEmpty() {
    return count == 0;
  }

  @Override
  public void add(Moments other) {
    count += other.count;
    sum = saturatedSum(sum, other.sum);
    addSquares(other.squaresHigh, other.squaresLow);
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
  }

  private void addSquares(long high, long low) {
    long before = squaresLow;
    squaresLow += low;
    squaresHigh += high + (Long.compareUnsigned(squaresLow, before) < 0 ? 1 : 0);
  }

  @Override
  public void read(ByteReader in, int parts) {
    clear();
    count = in.varint();
    if (count == 0) {
      return;
    }
    if ((parts & SUM) != 0) {
      sum = in.zigzag();
    }
    if ((parts & SQUARES) != 0) {
      squaresLow = in.varint();
      squaresHigh = in.varint();
    }
    if ((parts & EXTREMES) != 0) {
      min = in.zigzag();
      max = min + in.varint();
    }
  }

  /** Writes the count, and the parts if there is anything. */
  @Override
  public void write(ByteWriter out, int parts) {
    out.varint(count);
    if (count == 0) {
      return;
    }
    if ((parts & SUM) != 0) {
      out.zigzag(sum);
    }
    if ((parts & SQUARES) != 0) {
      out.varint(squaresLow);
      out.varint(squaresHigh);
    }
    if ((parts & EXTREMES) != 0) {
      out.zigzag(min);
      out.varint(max - min);
    }
  }

  double sumMajor() {
    return sum / MINOR_PER_MAJOR;
  }

  /** NaN for nothing. One rounding: the product is exact up to 2^53. */
  double meanMajor() {
    return count == 0 ? Double.NaN : sum / (MINOR_PER_MAJOR * count);
  }

  double minMajor() {
    return count == 0 ? Double.NaN : min / MINOR_PER_MAJOR;
  }

  double maxMajor() {
    return count == 0 ? Double.NaN : max / MINOR_PER_MAJOR;
  }

  /**
   * Sample standard deviation, NaN below two values: sqrt((n sum x^2 - (sum x)^2) / (n (n - 1))),
   * the numerator an exact integer.
   */
  double stdMajor() {
    if (count < 2) {
      return Double.NaN;
    }
    double divisor = PARTS_PER_MAJOR_SQUARED * count * (count - 1);
    return StrictMath.sqrt(numerator() / divisor);
  }

  private double numerator() {
    boolean small =
        squaresHigh == 0
            && squaresLow >= 0
            && squaresLow <= Long.MAX_VALUE / count
            && Math.abs(sum) <= Integer.MAX_VALUE;
    if (small) {
      return count * squaresLow - sum * sum;
    }
    BigInteger squares =
        BigInteger.valueOf(squaresHigh)
            .shiftLeft(Long.SIZE)
            .add(new BigInteger(Long.toUnsignedString(squaresLow)));
    return squares
        .multiply(BigInteger.valueOf(count))
        .subtract(BigInteger.valueOf(sum).pow(2))
        .doubleValue();
  }

  private static long saturatedSum(long a, long b) {
    long sum = a + b;
    if (((a ^ sum) & (b ^ sum)) < 0) {
      return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return sum;
  }
}
