package io.vigil.model.artefact;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zip files byte by byte, lies included. */
public final class RawZip {
  private final List<Entry> entries = new ArrayList<>();
  private byte[] comment = new byte[0];

  /** What the local and the central header of an entry say, and its data as it stands. */
  public record Entry(
      String localName,
      String name,
      int method,
      byte[] data,
      int size,
      int localSize,
      int crc,
      int attributes,
      byte[] extra) {}

  public RawZip add(String name, byte[] content) {
    return add(entry(name, content));
  }

  public RawZip add(Entry entry) {
    entries.add(entry);
    return this;
  }

  public RawZip comment(String text) {
    comment = text.getBytes(StandardCharsets.US_ASCII);
    return this;
  }

  /** An honest entry that is stored. */
  public static Entry entry(String name, byte[] content) {
    CRC32 crc = new CRC32();
    crc.update(content);
    int size = content.length;
    return new Entry(name, name, 0, content, size, size, (int) crc.getValue(), 0, new byte[0]);
  }

  /** An honest entry that is compressed. */
  public static Entry deflated(String name, byte[] content) {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(content);
    deflater.finish();
    byte[] packed = new byte[content.length + 100];
    int length = deflater.deflate(packed);
    deflater.end();
    Entry plain = entry(name, content);
    byte[] data = java.util.Arrays.copyOf(packed, length);
    return new Entry(
        name, name, 8, data, content.length, content.length, plain.crc(), 0, new byte[0]);
  }

  /** The same entries with one's content changed, or one more when there is none of that name. */
  public static byte[] with(byte[] zip, String name, byte[] content) {
    RawZip changed = new RawZip();
    StrictZip.Limits limits = new StrictZip.Limits(1000, 1 << 24, 1 << 24);
    boolean found = false;
    for (StrictZip.Entry entry : StrictZip.read(zip, limits)) {
      boolean same = entry.name().equals(name);
      changed.add(entry.name(), same ? content : entry.bytes());
      found |= same;
    }
    return (found ? changed : changed.add(name, content)).bytes();
  }

  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (Entry entry : entries) {
      int offset = out.size();
      byte[] localName = entry.localName().getBytes(StandardCharsets.UTF_8);
      byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
      int32(out, 0x04034b50);
      int16(out, 20, 0, entry.method(), 0, 33);
      int32(out, entry.crc(), entry.data().length, entry.localSize());
      int16(out, localName.length, 0);
      out.writeBytes(localName);
      out.writeBytes(entry.data());
      int32(directory, 0x02014b50);
      int16(directory, 0x0314, 20, 0, entry.method(), 0, 33);
      int32(directory, entry.crc(), entry.data().length, entry.size());
      int16(directory, name.length, entry.extra().length, 0, 0, 0);
      int32(directory, entry.attributes(), offset);
      directory.writeBytes(name);
      directory.writeBytes(entry.extra());
    }
    int start = out.size();
    out.writeBytes(directory.toByteArray());
    int32(out, 0x06054b50);
    int16(out, 0, 0, entries.size(), entries.size());
    int32(out, directory.size(), start);
    int16(out, comment.length);
    out.writeBytes(comment);
    return out.toByteArray();
  }

  private static void int16(ByteArrayOutputStream out, int... values) {
    for (int value : values) {
      out.write(value);
      out.write(value >> 8);
    }
  }

  private static void int32(ByteArrayOutputStream out, int... values) {
    for (int value : values) {
      int16(out, value, value >> 16);
    }
  }
}
