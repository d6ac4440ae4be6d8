package io.vigil.cli.result;

import io.vigil.schema.Decision;
import io.vigil.schema.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;

/**
 * Reads from the Avro body of a {@link Decision} what counting needs, and computes its leaf of the
 * decisions digest, without making an object of it.
 *
 * <p>The leaf is SHA-256 over, in this order: transaction_id (text); effective_time (8 bytes);
 * outcome (text, the symbol); logit_bits (optional of 4 bytes); features (length, bytes); rule_hits
 * (count, then for each rule, reason_code, outcome as texts); reasons (count, then for each code
 * and text as texts, value, baseline, contribution as optionals of the 8 bytes of IEEE 754). Texts
 * are the length of their UTF-8 bytes and the bytes. Lengths and counts are 4 bytes. Optionals are
 * one byte, 0 for absent, 1 for present, and the value if present. All numbers are big endian. Not
 * thread-safe.
 */
final class DecisionReader {

  static final int LEAF_BYTES = 32;

  private static final byte[][] OUTCOMES = utf8Symbols(Outcome.getClassSchema());

  private final MessageDigest sha256;
  private final Utf8 text = new Utf8();
  private byte[] canonical = new byte[1 << 12];
  private int size;
  private ByteBuffer buffer = ByteBuffer.allocate(1 << 10);
  private BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);

  private int idLength;
  private long appendTimeMs;
  private boolean late;
  private boolean fallback;

  DecisionReader() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Reads one decision.
   *
   * @param body in the current schema, in field order as Avro writes it
   * @throws IOException when the bytes are no decision
   */
  void read(byte[] body, int offset, int length) throws IOException {
    decoder = DecoderFactory.get().binaryDecoder(body, offset, length, decoder);
    size = 0;
    putText();
    idLength = size - Integer.BYTES;
    skipRestOfTransaction();
    decoder.skipString(); // source_topic
    decoder.readInt();
    decoder.readLong();
    appendTimeMs = decoder.readLong();
    putLong(decoder.readLong());
    late = decoder.readBoolean();
    putOutcome();
    decoder.readDouble(); // score
    boolean logit = decoder.readIndex() == 1;
    putByte(logit ? 1 : 0);
    if (logit) {
      putInt(decoder.readInt());
    }
    decoder.skipString(); // engine_class
    decoder.readInt();
    buffer = decoder.readBytes(buffer);
    putBytes(buffer.array(), buffer.remaining());
    decoder.skipFixed(5 * LEAF_BYTES); // feature_spec, model, rule_set, policy, rates
    putRuleHits();
    putReasons();
    skipOptionalText(); // alert_id
    decoder.readLong(); // expected_loss_minor
    fallback = decoder.readIndex() == 1;
  }

  /** The UTF-8 bytes of the transaction's id: this array from {@link #idOffset} on. */
  byte[] id() {
    return canonical;
  }

  int idOffset() {
    return Integer.BYTES;
  }

  int idLength() {
    return idLength;
  }

  /** When the log took the transaction: milliseconds since the epoch, the broker's clock. */
  long appendTimeMs() {
    return appendTimeMs;
  }

  boolean late() {
    return late;
  }

  /** The model did not score: the rules alone decided. */
  boolean fallback() {
    return fallback;
  }

  /** Writes the leaf, {@link #LEAF_BYTES} bytes. */
  void leaf(byte[] into, int offset) {
    sha256.update(canonical, 0, size);
    try {
      sha256.digest(into, offset, LEAF_BYTES);
    } catch (java.security.DigestException e) {
      throw new IllegalStateException(e);
    }
  }

  private void skipRestOfTransaction() throws IOException {
    decoder.readLong(); // event_time
    decoder.skipString(); // account
    for (int i = 0; i < 7; i++) {
      skipOptionalText(); // card to counterparty
    }
    decoder.readLong();
    decoder.skipString(); // currency
    decoder.readLong();
    decoder.skipString(); // billing_currency
    if (decoder.readIndex() == 1) {
      decoder.readInt(); // mcc
    }
    decoder.readEnum();
    decoder.readEnum();
    skipOptionalText(); // country
    skipOptionalDouble();
    skipOptionalDouble();
    skipTexts(); // attributes
    if (decoder.readIndex() == 1) {
      decoder.skipBytes(); // sealed
    }
    skipOptionalText(); // customer
    if (decoder.readIndex() == 1) {
      skipTexts(); // next_tokens
    }
  }

  private void skipTexts() throws IOException {
    for (long n = decoder.skipMap(); n != 0; n = decoder.skipMap()) {
      for (long i = 0; i < n; i++) {
        decoder.skipString();
        decoder.skipString();
      }
    }
  }

  private void putRuleHits() throws IOException {
    int countAt = size;
    putInt(0);
    int count = 0;
    for (long n = decoder.readArrayStart(); n != 0; n = decoder.arrayNext()) {
      for (long i = 0; i < n; i++) {
        putText();
        putText();
        putOutcome();
        decoder.readInt(); // weight
        count++;
      }
    }
    setInt(countAt, count);
  }

  private void putReasons() throws IOException {
    int countAt = size;
    putInt(0);
    int count = 0;
    for (long n = decoder.readArrayStart(); n != 0; n = decoder.arrayNext()) {
      for (long i = 0; i < n; i++) {
        putText();
        putText();
        for (int number = 0; number < 3; number++) {
          boolean present = decoder.readIndex() == 1;
          putByte(present ? 1 : 0);
          if (present) {
            putLong(Double.doubleToRawLongBits(decoder.readDouble()));
          }
        }
        count++;
      }
    }
    setInt(countAt, count);
  }

  private void skipOptionalText() throws IOException {
    if (decoder.readIndex() == 1) {
      decoder.skipString();
    }
  }

  private void skipOptionalDouble() throws IOException {
    if (decoder.readIndex() == 1) {
      decoder.readDouble();
    }
  }

  private void putOutcome() throws IOException {
    byte[] symbol = OUTCOMES[decoder.readEnum()];
    putBytes(symbol, symbol.length);
  }

  private void putText() throws IOException {
    Utf8 read = decoder.readString(text);
    putBytes(read.getBytes(), read.getByteLength());
  }

  private void putBytes(byte[] from, int length) {
    putInt(length);
    room(length);
    System.arraycopy(from, 0, canonical, size, length);
    size += length;
  }

  private void putByte(int value) {
    room(1);
    canonical[size++] = (byte) value;
  }

  private void putInt(int value) {
    room(Integer.BYTES);
    size += Integer.BYTES;
    setInt(size - Integer.BYTES, value);
  }

  private void setInt(int at, int value) {
    canonical[at] = (byte) (value >>> 24);
    canonical[at + 1] = (byte) (value >>> 16);
    canonical[at + 2] = (byte) (value >>> 8);
    canonical[at + 3] = (byte) value;
  }

  private void putLong(long value) {
    putInt((int) (value >>> 32));
    putInt((int) value);
  }

  private void room(int more) {
    if (size + more > canonical.length) {
      canonical = Arrays.copyOf(canonical, Math.max(canonical.length * 2, size + more));
    }
  }

  private static byte[][] utf8Symbols(Schema schema) {
    return schema.getEnumSymbols().stream()
        .map(symbol -> symbol.getBytes(StandardCharsets.UTF_8))
        .toArray(byte[][]::new);
  }
}
