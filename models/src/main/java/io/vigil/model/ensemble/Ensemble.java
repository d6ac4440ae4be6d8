package io.vigil.model.ensemble;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * An ensemble and its file: a zip of {@code ensemble.csv} (a line {@code intercept,X}, one {@code
 * input,FEATURE} for each input, one {@code member,NAME,WEIGHT} for each member) and the files of
 * each member as {@code NAME/FILE}.
 *
 * @param inputs features, in order, each once
 * @param intercept finite
 * @param members 1 to 16, all of one feature spec
 */
public record Ensemble(List<String> inputs, double intercept, List<Member> members) {
  private static final String INDEX = "ensemble.csv";
  private static final String ENTRY = "[a-z0-9][a-z0-9-]{0,63}/[a-z]{1,12}\\.[a-z0-9]{1,12}";
  private static final int MEMBERS_MOST = 16;
  private static final int BYTES_MOST = 256 << 20;

  /**
   * A model of the ensemble.
   *
   * @param weight of its calibrated logit, finite
   */
  public record Member(String name, double weight, Bundle bundle) {}

  public Ensemble {
    inputs = List.copyOf(inputs);
    members = List.copyOf(members);
    Set<String> read = new LinkedHashSet<>();
    Set<String> specs = new LinkedHashSet<>();
    for (Member member : members) {
      if (member.bundle().manifest().engine().equals(EnsembleEngine.NAME)) {
        throw new IllegalArgumentException(member.name() + " must be no ensemble itself");
      }
      if (!Double.isFinite(member.weight())) {
        throw new IllegalArgumentException(
            "weight of %s must be finite, came %s".formatted(member.name(), member.weight()));
      }
      read.addAll(member.bundle().manifest().features());
      specs.add(member.bundle().manifest().featureFingerprint());
    }
    if (members.isEmpty() || members.size() > MEMBERS_MOST || specs.size() != 1) {
      throw new IllegalArgumentException(
          "expected 1 to %d members of one feature spec, came %d of %d"
              .formatted(MEMBERS_MOST, members.size(), specs.size()));
    }
    if (!Double.isFinite(intercept)
        || !read.equals(new LinkedHashSet<>(inputs))
        || read.size() != inputs.size()) {
      throw new IllegalArgumentException(
          "expected a finite intercept and the inputs %s, came %s and %s"
              .formatted(read, intercept, inputs));
    }
  }

  /** The file of these members; {@code folders} holds the bundle of each under its name. */
  public static byte[] pack(Path folders, Map<String, Double> weights, double intercept)
      throws IOException {
    StringBuilder index = new StringBuilder("intercept," + intercept + "\n");
    Map<String, byte[]> files = new TreeMap<>();
    Set<String> inputs = new LinkedHashSet<>();
    for (String name : new TreeMap<>(weights).keySet()) {
      Path folder = folders.resolve(name);
      Bundle bundle = Bundle.read(folder);
      inputs.addAll(bundle.manifest().features());
      files.put(name + "/manifest.yaml", Files.readAllBytes(folder.resolve("manifest.yaml")));
      for (String file : bundle.manifest().files().keySet()) {
        files.put(name + "/" + file, Files.readAllBytes(folder.resolve(file)));
      }
    }
    inputs.forEach(input -> index.append("input,").append(input).append('\n'));
    new TreeMap<>(weights)
        .forEach((name, weight) -> index.append("member,%s,%s\n".formatted(name, weight)));
    files.put(INDEX, index.toString().getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        ZipEntry entry = new ZipEntry(file.getKey());
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
        zip.putNextEntry(entry);
        zip.write(file.getValue());
      }
    }
    byte[] packed = bytes.toByteArray();
    read(packed);
    return packed;
  }

  /**
   * Reads and verifies an ensemble and its members.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static Ensemble read(byte[] file) {
    Map<String, byte[]> files = unzip(file);
    byte[] index = files.remove(INDEX);
    if (index == null) {
      throw new IllegalArgumentException("expected a zip with " + INDEX);
    }
    double intercept = Double.NaN;
    List<String> inputs = new ArrayList<>();
    List<Member> members = new ArrayList<>();
    for (String line : new String(index, StandardCharsets.UTF_8).lines().toList()) {
      String[] parts = line.split(",", -1);
      if (parts.length == 2 && parts[0].equals("intercept") && Double.isNaN(intercept)) {
        intercept = number(parts[1]);
      } else if (parts.length == 2 && parts[0].equals("input")) {
        inputs.add(parts[1]);
      } else if (parts.length == 3 && parts[0].equals("member")) {
        members.add(new Member(parts[1], number(parts[2]), bundle(parts[1], files)));
      } else {
        throw new IllegalArgumentException(
            "%s must have lines intercept,X input,FEATURE member,NAME,WEIGHT, came '%s'"
                .formatted(INDEX, line.length() > 80 ? line.substring(0, 80) : line));
      }
    }
    if (!files.isEmpty()) {
      throw new IllegalArgumentException("expected files of members only, came " + files.keySet());
    }
    return new Ensemble(inputs, intercept, members);
  }

  private static double number(String text) {
    if (!text.matches("-?[0-9]{1,20}(\\.[0-9]{1,20})?(E-?[0-9]{1,3})?")) {
      throw new IllegalArgumentException(INDEX + ": expected a number, came '" + text + "'");
    }
    return Double.parseDouble(text);
  }

  private static Map<String, byte[]> unzip(byte[] file) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    long left = BYTES_MOST;
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        byte[] bytes = zip.readNBytes((int) left + 1);
        left -= bytes.length;
        boolean legal = entry.getName().equals(INDEX) || entry.getName().matches(ENTRY);
        if (!legal || left < 0 || files.put(entry.getName(), bytes) != null) {
          throw new IllegalArgumentException(
              "expected %s and NAME/FILE, each once, together at most %d bytes, came one more entry"
                  .formatted(INDEX, BYTES_MOST));
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("the zip cannot be read: " + e.getMessage(), e);
    }
    return files;
  }

  /** Takes the member's files out of {@code files}; a bundle is read from a folder. */
  private static Bundle bundle(String name, Map<String, byte[]> files) {
    if (!name.matches("[a-z0-9][a-z0-9-]{0,63}")) {
      throw new IllegalArgumentException(INDEX + ": a member cannot be called '" + name + "'");
    }
    List<Path> written = new ArrayList<>();
    try {
      Path folder = Files.createTempDirectory("ensemble-");
      written.add(folder);
      try {
        for (String file : List.copyOf(files.keySet())) {
          byte[] bytes = file.startsWith(name + "/") ? files.remove(file) : null;
          if (bytes != null) {
            // The name was matched: it leads nowhere else.
            Path path = folder.resolve(file.substring(name.length() + 1));
            written.add(0, path);
            Files.write(path, bytes);
          }
        }
        return Bundle.read(folder);
      } finally {
        for (Path path : written) {
          Files.deleteIfExists(path);
        }
      }
    } catch (BundleException e) {
      throw new IllegalArgumentException("member " + name + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
