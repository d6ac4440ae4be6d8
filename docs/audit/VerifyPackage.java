import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Verifies what {@code vigil audit export} packs. It shares no code with Vigil and needs nothing but
 * a JDK 17, so that whoever doubts the one can read the other:
 *
 * <pre>java VerifyPackage.java PACKAGE --key proof.vkey [--anchor NOTE]...</pre>
 *
 * It checks that the key signed every head, that each head names the one before, that the log of
 * batches has the roots which the heads and the anchors say, that the records have the roots which
 * the log says, and that in every minute each input has one answer and each answer its input.
 * Formats: docs/audit.md; RFC 6962, section 2.1; C2SP signed-note and tlog-checkpoint.
 */
public final class VerifyPackage {
  private static final List<String> KINDS =
      List.of("inputs", "decisions", "cases", "receipts", "dead-letters");
  private static final long MINUTE_MS = 60_000;
  private static final int HASH = 32;

  /**
   * How a decision begins, by the fingerprint of its schema: the fields of its transaction, which
   * are skipped to come to its origin. s string or bytes, l long or int, e enum, d double, m map of strings,
   * ? before what may be null.
   */
  private static final Map<String, String> DECISIONS =
      Map.of(
          "13540df0e4888f15", "sls?s?s?s?s?s?s?slsls?lee?s?d?dm",
          "7152e17855233ef5", "sls?s?s?s?s?s?s?slsls?lee?s?d?dm",
          "dc8b690dcb83369f", "sls?s?s?s?s?s?s?slsls?lee?s?d?dm",
          "01c8d86f7a61fb6c", "sls?s?s?s?s?s?s?slsls?lee?s?d?dm?s",
          "f4e43a0934215657", "sls?s?s?s?s?s?s?slsls?lee?s?d?dm?s?s?m");

  private final Path folder;
  private final String origin;
  private final byte[] keyId;
  private final PublicKey key;
  private final List<String> findings = new ArrayList<>();
  private final List<Head> claims = new ArrayList<>();
  private final List<byte[]> full = new ArrayList<>();
  private final Map<String, Integer> inputs = new TreeMap<>();
  private final Map<String, Integer> answers = new TreeMap<>();
  private int claimed;
  private long treeSize;
  private long records;
  private String summary = "not read to its end";

  private record Head(String name, long size, byte[] root, long untilMs, byte[] previous) {}

  private record Batch(long minute, int kind, int range, long count, byte[] root, String line) {
    boolean behind(Batch other) {
      return minute != other.minute
          ? minute > other.minute
          : kind != other.kind ? kind > other.kind : range > other.range;
    }
  }

  private static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;

    Fault(String message) {
      super(message);
    }
  }

  /** Prints what it finds; exits 0 when there is nothing, 1 with findings, 2 on wrong usage. */
  public static void main(String[] args) throws Exception {
    String key = null;
    List<String> anchors = new ArrayList<>();
    for (int i = 1; i + 1 < args.length; i += 2) {
      if (args[i].equals("--key")) {
        key = Files.readString(Path.of(args[i + 1]));
      } else if (args[i].equals("--anchor")) {
        anchors.add(Files.readString(Path.of(args[i + 1])));
      }
    }
    if (key == null || args.length % 2 == 0) {
      System.err.println("usage: java VerifyPackage.java PACKAGE --key FILE [--anchor FILE]...");
      System.exit(2);
      return;
    }
    VerifyPackage verifier = new VerifyPackage(Path.of(args[0]), key);
    List<String> findings = verifier.findings(anchors);
    System.out.println(verifier.summary);
    findings.forEach(finding -> System.out.println("FINDING  " + finding));
    System.out.println(findings.isEmpty() ? "OK" : "NOT OK");
    System.exit(findings.isEmpty() ? 0 : 1);
  }

  /**
   * Verifies a package.
   *
   * @param key NAME+ID+BASE64
   * @param anchors notes that were kept elsewhere
   * @return what is wrong, a line each
   */
  public static List<String> verify(Path folder, String key, List<String> anchors)
      throws GeneralSecurityException {
    return new VerifyPackage(folder, key).findings(anchors);
  }

  private List<String> findings(List<String> anchors) {
    try {
      run(anchors);
    } catch (Fault | RuntimeException e) {
      findings.add("package: " + e);
    } catch (IOException e) {
      findings.add("package: cannot be read to its end: " + e);
    }
    return findings;
  }

  private VerifyPackage(Path folder, String text) throws GeneralSecurityException {
    this.folder = folder;
    String[] parts = text.strip().split("\\+", 3);
    byte[] typed = Base64.getDecoder().decode(parts[2]);
    byte[] raw = Arrays.copyOfRange(typed, 1, typed.length);
    this.origin = parts[0];
    this.keyId = HexFormat.of().parseHex(parts[1]);
    byte[] id = sha256(origin.getBytes(StandardCharsets.UTF_8), new byte[] {'\n', 1}, raw);
    if (typed[0] != 1 || raw.length != HASH || !Arrays.equals(keyId, Arrays.copyOf(id, 4))) {
      throw new IllegalArgumentException("key: expected NAME+ID+BASE64 of an Ed25519 key");
    }
    byte[] head = HexFormat.of().parseHex("302a300506032b6570032100"); // RFC 8410
    byte[] spki = Arrays.copyOf(head, head.length + HASH);
    System.arraycopy(raw, 0, spki, head.length, HASH);
    this.key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
  }

  private void run(List<String> anchors) throws IOException, Fault {
    byte[] previous = new byte[HASH];
    Head last = null;
    for (byte[] note : notes()) {
      Head head = open("head", new String(note, StandardCharsets.UTF_8));
      if (head != null) {
        if (!Arrays.equals(head.previous, previous)) {
          findings.add(head.name + ": does not name the head before it");
        }
        if (last != null && (last.size >= head.size || last.untilMs > head.untilMs)) {
          findings.add(head.name + ": its log is not longer than that of the head before it");
        }
        last = head;
        claims.add(head);
      }
      previous = sha256(note);
    }
    if (last == null) {
      throw new Fault("heads: none is signed by the key");
    }
    for (int i = 0; i < anchors.size(); i++) {
      Head anchor = open("anchor " + (i + 1), anchors.get(i));
      if (anchor != null) {
        claims.add(anchor);
      }
    }
    claims.sort((a, b) -> Long.compare(a.size, b.size));
    log();
    if (treeSize > last.size) {
      findings.add("log: " + (treeSize - last.size) + " batches that no head covers");
    }
    for (Head claim : claims.subList(claimed, claims.size())) {
      findings.add(
          "%s: a log of at least %d batches, the package has %d"
              .formatted(claim.name, claim.size, treeSize));
    }
    summary =
        "%d heads, %d batches, %d records; all until %s"
            .formatted(
                claims.size() - anchors.size(),
                treeSize,
                records,
                Instant.ofEpochMilli(last.untilMs));
  }

  private List<byte[]> notes() throws IOException, Fault {
    List<byte[]> notes = new ArrayList<>();
    byte[] all = Files.readAllBytes(folder.resolve("heads"));
    int at = 0;
    while (at < all.length) {
      int length = 0;
      while (all[at] != '\n') {
        length = length * 10 + all[at++] - '0';
      }
      at++;
      if (length <= 0 || length > all.length - at) {
        throw new Fault("heads: a note of " + length + " bytes");
      }
      notes.add(Arrays.copyOfRange(all, at, at + length));
      at += length;
    }
    return notes;
  }

  /** A head whose signature holds; null after saying what is wrong. */
  private Head open(String what, String note) {
    int end = note.lastIndexOf("\n\n");
    String text = end < 0 ? "" : note.substring(0, end + 1);
    String[] lines = text.split("\n", -1);
    boolean signed = false;
    boolean wellFormed = note.endsWith("\n") && lines.length == 6 && lines[0].equals(origin);
    for (String line : note.substring(end + 1).strip().split("\n", -1)) {
      String[] parts = line.split(" ", -1);
      if (parts.length != 3 || !parts[0].equals("\u2014")) {
        wellFormed = false;
        continue;
      }
      byte[] bytes = Base64.getDecoder().decode(parts[2]);
      wellFormed &= Base64.getEncoder().encodeToString(bytes).equals(parts[2]);
      if (parts[1].equals(origin) && Arrays.equals(keyId, Arrays.copyOf(bytes, 4))) {
        signed = signed(text, Arrays.copyOfRange(bytes, 4, bytes.length));
      }
    }
    if (!signed || !wellFormed) {
      findings.add(what + ": not a head that the key of " + origin + " signed");
      return null;
    }
    return new Head(
        what + " of " + lines[1] + " batches",
        Long.parseLong(lines[1]),
        Base64.getDecoder().decode(lines[2]),
        Long.parseLong(lines[3].substring("until ".length())),
        Base64.getDecoder().decode(lines[4].substring("previous ".length())));
  }

  private boolean signed(String text, byte[] bytes) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initVerify(key);
      signature.update(text.getBytes(StandardCharsets.UTF_8));
      return signature.verify(bytes);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** The log, with the records of its batches beside it. */
  private void log() throws IOException, Fault {
    String[] window = Files.readString(folder.resolve("window.txt")).strip().split(" ");
    long from = Long.parseLong(window[0]);
    long to = Long.parseLong(window[1]);
    Batch before = null;
    try (var lines = Files.newBufferedReader(folder.resolve("batches.txt"));
        DataInputStream bodies =
            new DataInputStream(
                new BufferedInputStream(Files.newInputStream(folder.resolve("records.bin"))))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Batch batch = batch(line);
        boolean sameMinute = before != null && before.minute == batch.minute;
        if (sameMinute && (treeSize == from || treeSize == to)) {
          findings.add(line + ": the window divides a minute");
        }
        if (!sameMinute) {
          account();
        }
        heads(before, batch);
        if (before != null && !batch.behind(before)) {
          findings.add(line + ": does not stand behind the batch before it");
        }
        if (treeSize >= from && treeSize < to) {
          records(batch, bodies);
        }
        append(full, treeSize, leaf(line.getBytes(StandardCharsets.US_ASCII)));
        treeSize++;
        before = batch;
      }
      account();
      heads(before, null);
      if (bodies.read() >= 0 || to > treeSize || from > to) {
        findings.add("records: others than the window says");
      }
    }
  }

  private static Batch batch(String line) throws Fault {
    String[] parts = line.split(" ", -1);
    if (parts.length != 6 || !KINDS.contains(parts[2])) {
      throw new Fault("batches.txt: not a batch: " + line);
    }
    Batch batch =
        new Batch(
            Long.parseLong(parts[1]),
            KINDS.indexOf(parts[2]),
            Integer.parseInt(parts[3]),
            Long.parseLong(parts[4]),
            HexFormat.of().parseHex(parts[5]),
            line);
    String canonical =
        "batch %d %s %d %d %s"
            .formatted(
                batch.minute,
                parts[2],
                batch.range,
                batch.count,
                HexFormat.of().formatHex(batch.root));
    if (!canonical.equals(line)) {
      throw new Fault("batches.txt: not canonical: " + line);
    }
    return batch;
  }

  private void heads(Batch before, Batch next) {
    for (; claimed < claims.size() && claims.get(claimed).size == treeSize; claimed++) {
      Head claim = claims.get(claimed);
      if (!Arrays.equals(claim.root, root(full, treeSize))) {
        findings.add(claim.name + ": the log has another root");
      }
      if ((before != null && (before.minute + 1) * MINUTE_MS > claim.untilMs)
          || (next != null && next.minute * MINUTE_MS < claim.untilMs)) {
        findings.add(claim.name + ": the log does not reach until " + claim.untilMs);
      }
    }
  }

  private void records(Batch batch, DataInputStream bodies) throws IOException, Fault {
    List<byte[]> tree = new ArrayList<>();
    for (long i = 0; i < batch.count; i++) {
      int length = bodies.readInt();
      if (length < 10 || length > 64 << 20) {
        throw new Fault("records.bin: a record of " + length + " bytes");
      }
      byte[] record = bodies.readNBytes(length);
      byte[] hash = leaf(record);
      if ((hash[0] & 7) != batch.range) {
        findings.add(batch.line + ": a record of another range");
      }
      append(tree, i, hash);
      String at = origin(batch.kind, record);
      if (batch.kind == 0) {
        inputs.merge(at, 1, Integer::sum);
      } else if (!at.isEmpty()) {
        answers.merge(at, 1, Integer::sum);
      }
      records++;
    }
    if (!Arrays.equals(batch.root, root(tree, batch.count))) {
      findings.add(batch.line + ": the records have another root");
    }
  }

  /** An input and its answer stand at the same instant, so a minute can be accounted for alone. */
  private void account() {
    inputs.forEach(
        (at, count) -> {
          Integer answered = answers.remove(at);
          if (count != 1 || answered == null || answered != 1) {
            findings.add(
                at + ": " + count + " inputs, " + (answered == null ? 0 : answered) + " answers");
          }
        });
    answers.forEach((at, count) -> findings.add(at + ": 0 inputs, " + count + " answers"));
    inputs.clear();
    answers.clear();
  }

  /** topic-partition@offset of an input, or of what a decision, receipt or dead letter answers. */
  private static String origin(int kind, byte[] record) throws Fault {
    ByteBuffer in = ByteBuffer.wrap(record);
    byte[] header = new byte[10];
    in.get(header);
    switch (KINDS.get(kind)) {
      case "cases":
        return "";
      case "decisions":
        String layout = DECISIONS.get(HexFormat.of().formatHex(header, 2, 10));
        if (layout == null) {
          throw new Fault("decision: of a schema that came later than this verifier");
        }
        skip(in, layout);
        break;
      case "receipts":
        skip(in, "se");
        break;
      default:
    }
    return string(in) + "-" + number(in) + "@" + number(in);
  }

  private static void skip(ByteBuffer in, String layout) throws Fault {
    for (int i = 0; i < layout.length(); i++) {
      if (layout.charAt(i) == '?') {
        i++;
        if (number(in) == 0) {
          continue;
        }
      }
      switch (layout.charAt(i)) {
        case 's' -> string(in);
        case 'd' -> in.getLong();
        case 'm' -> {
          for (long n = number(in); n != 0; n = number(in)) {
            if (n < 0) {
              number(in);
              n = -n;
            }
            for (long entry = 0; entry < n; entry++) {
              string(in);
              string(in);
            }
          }
        }
        default -> number(in);
      }
    }
  }

  private static String string(ByteBuffer in) throws Fault {
    long length = number(in);
    if (length < 0 || length > in.remaining()) {
      throw new Fault("record: a string of " + length + " bytes");
    }
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Avro's numbers: seven bits a byte, the least first, zig-zag. */
  private static long number(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        break;
      }
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Adds a leaf to the full subtrees of a tree of {@code size} leaves, one for each bit set. */
  private static void append(List<byte[]> full, long size, byte[] leaf) {
    byte[] node = leaf;
    int level = 0;
    for (; (size >> level & 1) == 1; level++) {
      node = node(full.get(level), node);
    }
    while (full.size() <= level) {
      full.add(new byte[0]);
    }
    full.set(level, node);
  }

  private static byte[] root(List<byte[]> full, long size) {
    byte[] root = null;
    for (int level = 0; size >> level != 0; level++) {
      if ((size >> level & 1) == 1) {
        root = root == null ? full.get(level) : node(full.get(level), root);
      }
    }
    return root == null ? sha256() : root;
  }

  private static byte[] leaf(byte[] bytes) {
    return sha256(new byte[] {0}, bytes);
  }

  private static byte[] node(byte[] left, byte[] right) {
    return sha256(new byte[] {1}, left, right);
  }

  private static byte[] sha256(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    try {
      return MessageDigest.getInstance("SHA-256").digest(all.toByteArray());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
