package io.vigil.model.ensemble;

import io.vigil.model.artefact.StrictZip;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * An ensemble and its file: a zip of {@code ensemble.csv} (a line {@code intercept,X}, one {@code
 * input,FEATURE} for each input, one {@code member,NAME,WEIGHT} for each member) and of each
 * member's bundle as {@code NAME.zip}.
 *
 * @param inputs features, in order, each once
 * @param intercept finite
 * @param members 1 to 16, all of one feature spec
 */
public record Ensemble(List<String> inputs, double intercept, List<Member> members) {
  private static final String INDEX = "ensemble.csv";
  private static final String ENTRY = "[a-z0-9][a-z0-9-]{0,63}\\.zip";
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

  /**
   * The file of an ensemble.
   *
   * @param members zipped bundles by name
   * @param weights of the same names
   * @throws IllegalArgumentException when it is no ensemble
   */
  public static byte[] pack(
      Map<String, byte[]> members, Map<String, Double> weights, double intercept) {
    StringBuilder index = new StringBuilder("intercept," + intercept + "\n");
    Set<String> inputs = new LinkedHashSet<>();
    for (Map.Entry<String, byte[]> member : new TreeMap<>(members).entrySet()) {
      inputs.addAll(Bundle.ofZip(member.getKey(), member.getValue()).manifest().features());
    }
    inputs.forEach(input -> index.append("input,").append(input).append('\n'));
    new TreeMap<>(weights)
        .forEach((name, weight) -> index.append("member,%s,%s\n".formatted(name, weight)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      add(zip, INDEX, index.toString().getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, byte[]> member : new TreeMap<>(members).entrySet()) {
        add(zip, member.getKey() + ".zip", member.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a zip into memory", e);
    }
    byte[] packed = bytes.toByteArray();
    read(packed);
    return packed;
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // The same members give the same bytes.
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    zip.putNextEntry(entry);
    zip.write(content);
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
    StrictZip.Limits limits = new StrictZip.Limits(MEMBERS_MOST + 1, BYTES_MOST, BYTES_MOST);
    for (StrictZip.Entry entry : StrictZip.read(file, limits)) {
      if (!entry.name().equals(INDEX) && !entry.name().matches(ENTRY)) {
        throw new IllegalArgumentException(
            "expected %s and NAME.zip, came '%s'".formatted(INDEX, entry.name()));
      }
      files.put(entry.name(), entry.bytes());
    }
    return files;
  }

  /** Takes the member out of {@code files}. */
  private static Bundle bundle(String name, Map<String, byte[]> files) {
    byte[] zip = files.remove(name + ".zip");
    if (zip == null) {
      throw new IllegalArgumentException("expected a member '%s.zip'".formatted(name));
    }
    try {
      return Bundle.ofZip(name, zip);
    } catch (BundleException e) {
      throw new IllegalArgumentException("member " + name + ": " + e.getMessage(), e);
    }
  }
}
