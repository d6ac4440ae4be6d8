package io.vigil.cli.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * What can be done to an archive. The order of records within a file, and of files within a day,
 * says nothing, so another order is no mutation.
 */
final class Mutations {
  private static final List<String> RECORDS =
      List.of("inputs", "decisions", "cases", "receipts", "dead-letters");

  private final ArchiveImage image;
  private final Forge forge;
  private final KeyPair insider;
  private final KeyPair stranger;
  private final int minutes;

  /** A kind of mutation; null when the dice gave nothing. */
  private interface Maker {
    @Nullable Map<String, byte @Nullable []> make(Random random) throws Exception;
  }

  private record Kind(String name, int weight, Maker maker) {}

  /** A mutation as changes of files; null removes one. */
  record Mutation(String name, Map<String, byte @Nullable []> changes) {}

  Mutations(ArchiveImage image, Forge forge, KeyPair insider, KeyPair stranger, int minutes) {
    this.image = image;
    this.forge = forge;
    this.insider = insider;
    this.stranger = stranger;
    this.minutes = minutes;
  }

  /** The one that the seed stands for. */
  Mutation of(long seed) throws Exception {
    Random random = new Random(seed);
    List<Kind> kinds =
        List.of(
            new Kind("bit flip", 300, this::flip),
            new Kind("record dropped", 100, this::drop),
            new Kind("record repeated", 80, this::repeat),
            new Kind("fields swapped", 100, this::swapFields),
            new Kind("field changed", 120, this::change),
            new Kind("tail cut", 60, this::cut),
            new Kind("batches swapped", 60, this::swapBatches),
            new Kind("root forged", 50, this::forgeRoot),
            new Kind("decision inserted", 60, this::insert),
            new Kind("file moved", 20, this::move),
            new Kind("file dropped", 20, this::dropFile),
            new Kind("other key", 10, this::otherKey),
            new Kind("insider", 10, this::rewrite),
            new Kind("insider hides", 10, this::hide));
    while (true) {
      int dice = random.nextInt(kinds.stream().mapToInt(Kind::weight).sum());
      int at = 0;
      while (dice >= kinds.get(at).weight()) {
        dice -= kinds.get(at++).weight();
      }
      Map<String, byte @Nullable []> changes = kinds.get(at).maker().make(random);
      if (changes != null && changes(changes)) {
        return new Mutation(kinds.get(at).name(), changes);
      }
    }
  }

  private boolean changes(Map<String, byte @Nullable []> changes) {
    return changes.entrySet().stream()
        .anyMatch(change -> !Arrays.equals(change.getValue(), image.files.get(change.getKey())));
  }

  private static Map<String, byte @Nullable []> one(String file, byte @Nullable [] bytes) {
    Map<String, byte @Nullable []> changes = new TreeMap<>();
    changes.put(file, bytes);
    return changes;
  }

  private Map<String, byte @Nullable []> flip(Random random) {
    String file = image.file(random);
    byte[] bytes = image.files.get(file).clone();
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    return one(file, bytes);
  }

  private Map<String, byte @Nullable []> drop(Random random) throws IOException {
    String file = image.file(random);
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    bodies.remove(random.nextInt(bodies.size()));
    return one(file, ArchiveImage.file(file, bodies));
  }

  private Map<String, byte @Nullable []> repeat(Random random) throws IOException {
    String file = image.file(random);
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    bodies.add(bodies.get(random.nextInt(bodies.size())));
    return one(file, ArchiveImage.file(file, bodies));
  }

  private @Nullable Map<String, byte @Nullable []> swapFields(Random random) throws IOException {
    String file = image.file(random);
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    int a = random.nextInt(bodies.size());
    int b = random.nextInt(bodies.size());
    GenericRecord first = ArchiveImage.decode(file, bodies.get(a));
    GenericRecord second = ArchiveImage.decode(file, bodies.get(b));
    int field = random.nextInt(first.getSchema().getFields().size());
    Object value = first.get(field);
    if (Objects.equals(value, second.get(field))) {
      return null;
    }
    first.put(field, second.get(field));
    second.put(field, value);
    bodies.set(a, ArchiveImage.encode(first));
    bodies.set(b, ArchiveImage.encode(second));
    return one(file, ArchiveImage.file(file, bodies));
  }

  private @Nullable Map<String, byte @Nullable []> change(Random random) throws IOException {
    String file = image.file(random);
    return changeIn(file, random);
  }

  private @Nullable Map<String, byte @Nullable []> changeIn(String file, Random random)
      throws IOException {
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    int at = random.nextInt(bodies.size());
    GenericRecord record = ArchiveImage.decode(file, bodies.get(at));
    GenericRecord changed = record;
    List<Schema.Field> fields = changed.getSchema().getFields();
    Schema.Field field = fields.get(random.nextInt(fields.size()));
    if (changed.get(field.pos()) instanceof GenericRecord nested) {
      changed = nested;
      fields = nested.getSchema().getFields();
      field = fields.get(random.nextInt(fields.size()));
    }
    Object other = other(changed.get(field.pos()), random);
    if (other == null) {
      return null;
    }
    changed.put(field.pos(), other);
    bodies.set(at, ArchiveImage.encode(record));
    return one(file, ArchiveImage.file(file, bodies));
  }

  private static @Nullable Object other(@Nullable Object value, Random random) {
    if (value instanceof Long number) {
      return number + 1 + random.nextInt(100_000);
    } else if (value instanceof Integer number) {
      return number + 1;
    } else if (value instanceof Boolean flag) {
      return !flag;
    } else if (value instanceof Double number) {
      return Double.isNaN(number) ? 0.5 : number + 0.25;
    } else if (value instanceof Utf8 || value instanceof String) {
      return value + "x";
    } else if (value instanceof ByteBuffer bytes && bytes.hasRemaining()) {
      byte[] other = new byte[bytes.remaining()];
      bytes.duplicate().get(other);
      other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
      return ByteBuffer.wrap(other);
    } else if (value instanceof GenericData.Fixed fixed) {
      byte[] other = fixed.bytes().clone();
      other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
      return new GenericData.Fixed(fixed.getSchema(), other);
    } else if (value instanceof GenericData.EnumSymbol symbol) {
      List<String> symbols = symbol.getSchema().getEnumSymbols();
      int next = (symbols.indexOf(symbol.toString()) + 1) % symbols.size();
      return new GenericData.EnumSymbol(symbol.getSchema(), symbols.get(next));
    }
    return null;
  }

  /** The last heads are gone; or they and their batches; or their records, too. */
  private @Nullable Map<String, byte @Nullable []> cut(Random random) throws IOException {
    List<Long> sizes = new ArrayList<>();
    List<Long> untils = new ArrayList<>();
    for (String file : image.files("heads")) {
      for (byte[] body : image.bodies(file)) {
        GenericRecord head = ArchiveImage.decode(file, body);
        sizes.add((Long) head.get("size"));
        untils.add((Long) head.get("until"));
      }
    }
    sizes.sort(null);
    untils.sort(null);
    int keep = random.nextInt(sizes.size() - 1);
    long size = sizes.get(keep);
    long untilMs = untils.get(keep);
    int depth = random.nextInt(3);
    Map<String, byte @Nullable []> changes = new TreeMap<>();
    keep(changes, "heads", record -> (Long) record.get("size") <= size);
    if (depth > 0) {
      keep(changes, "batches", record -> (Long) record.get("index") < size);
    }
    if (depth > 1) {
      for (String kind : List.of("decisions", "cases", "receipts")) {
        keep(changes, kind, record -> (Long) record.get("effective_time") < untilMs);
      }
      keep(changes, "inputs", record -> (Long) record.get("effective_time") < untilMs);
    }
    return changes;
  }

  private interface Kept {
    boolean is(GenericRecord record);
  }

  private void keep(Map<String, byte @Nullable []> changes, String kind, Kept kept)
      throws IOException {
    for (String file : image.files(kind)) {
      List<byte[]> bodies = new ArrayList<>();
      for (byte[] body : image.bodies(file)) {
        if (kept.is(ArchiveImage.decode(file, body))) {
          bodies.add(body);
        }
      }
      if (bodies.size() < image.bodies(file).size()) {
        changes.put(file, bodies.isEmpty() ? null : ArchiveImage.file(file, bodies));
      }
    }
  }

  private @Nullable Map<String, byte @Nullable []> swapBatches(Random random) throws IOException {
    List<String> files = image.files("batches");
    String file = files.get(random.nextInt(files.size()));
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    int a = random.nextInt(bodies.size());
    int b = random.nextInt(bodies.size());
    GenericRecord first = ArchiveImage.decode(file, bodies.get(a));
    GenericRecord second = ArchiveImage.decode(file, bodies.get(b));
    String field = List.of("index", "minute", "root", "range").get(random.nextInt(4));
    Object value = first.get(field);
    if (Objects.equals(value, second.get(field))) {
      return null;
    }
    first.put(field, second.get(field));
    second.put(field, value);
    bodies.set(a, ArchiveImage.encode(first));
    bodies.set(b, ArchiveImage.encode(second));
    return one(file, ArchiveImage.file(file, bodies));
  }

  /** Another root in a batch or in a note, which nobody signs. */
  private Map<String, byte @Nullable []> forgeRoot(Random random) throws IOException {
    boolean batch = random.nextBoolean();
    List<String> files = image.files(batch ? "batches" : "heads");
    String file = files.get(random.nextInt(files.size()));
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    int at = random.nextInt(bodies.size());
    GenericRecord record = ArchiveImage.decode(file, bodies.get(at));
    byte[] root = new byte[32];
    random.nextBytes(root);
    if (batch) {
      record.put("root", new GenericData.Fixed(record.getSchema().getField("root").schema(), root));
    } else {
      String[] lines = record.get("note").toString().split("\n", -1);
      lines[2] = Base64.getEncoder().encodeToString(root);
      record.put("note", String.join("\n", lines));
    }
    bodies.set(at, ArchiveImage.encode(record));
    return one(file, ArchiveImage.file(file, bodies));
  }

  private Map<String, byte @Nullable []> insert(Random random) throws IOException {
    List<String> files = image.files("decisions");
    String file = files.get(random.nextInt(files.size()));
    List<byte[]> bodies = new ArrayList<>(image.bodies(file));
    GenericRecord decision = ArchiveImage.decode(file, bodies.get(random.nextInt(bodies.size())));
    ((GenericRecord) decision.get("transaction")).put("transaction_id", "inserted");
    decision.put("source_offset", 1_000_000L + random.nextInt(1000));
    bodies.add(random.nextInt(bodies.size() + 1), ArchiveImage.encode(decision));
    return one(file, ArchiveImage.file(file, bodies));
  }

  private Map<String, byte @Nullable []> move(Random random) {
    String file = image.file(random);
    Map<String, byte @Nullable []> changes = one(file, null);
    changes.put(
        file.replaceAll("day=[0-9-]+", "day=20" + (10 + random.nextInt(10)) + "-01-01"),
        image.files.get(file));
    return changes;
  }

  private Map<String, byte @Nullable []> dropFile(Random random) {
    return one(image.file(random), null);
  }

  /** A record changed, and the whole log made anew by somebody without the key. */
  private @Nullable Map<String, byte @Nullable []> otherKey(Random random) throws Exception {
    return resigned(records(random), stranger);
  }

  /** The same by somebody who holds the log's key: only the anchor tells. */
  private @Nullable Map<String, byte @Nullable []> rewrite(Random random) throws Exception {
    return resigned(records(random), insider);
  }

  private @Nullable Map<String, byte @Nullable []> records(Random random) throws IOException {
    List<String> files = image.files(RECORDS.get(random.nextInt(RECORDS.size())));
    return files.isEmpty() ? null : changeIn(files.get(random.nextInt(files.size())), random);
  }

  /** An input that never was, and its answer, by somebody who holds the log's key. */
  private @Nullable Map<String, byte @Nullable []> hide(Random random) throws Exception {
    List<String> files = image.files("decisions");
    String file = files.get(random.nextInt(files.size()));
    GenericRecord decision =
        ArchiveImage.decode(
            file, image.bodies(file).get(random.nextInt(image.bodies(file).size())));
    Map<String, byte @Nullable []> changes = new TreeMap<>();
    keep(
        changes,
        "decisions",
        each ->
            !each.get("source_offset").equals(decision.get("source_offset"))
                || !each.get("source_partition").equals(decision.get("source_partition")));
    keep(
        changes,
        "inputs",
        each ->
            !each.get("topic").equals(decision.get("source_topic"))
                || !each.get("offset").equals(decision.get("source_offset"))
                || !each.get("partition").equals(decision.get("source_partition")));
    return resigned(changes, insider);
  }

  private @Nullable Map<String, byte @Nullable []> resigned(
      @Nullable Map<String, byte @Nullable []> changes, KeyPair pair) throws Exception {
    if (changes == null) {
      return null;
    }
    Path root = image.root;
    ArchiveImage.apply(root, changes);
    try {
      Map<String, byte @Nullable []> all = new TreeMap<>(changes);
      image.files("batches").forEach(file -> all.put(file, null));
      image.files("heads").forEach(file -> all.put(file, null));
      all.putAll(forge.sign(root, pair, minutes));
      return all;
    } finally {
      ArchiveImage.apply(root, image.undo(changes));
    }
  }
}
