package io.vigil.model.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * A chart as SVG: axes with ticks, lines, bars and dots. Built up and then written; not
 * thread-safe.
 */
public final class Chart {
  private static final int WIDTH = 460;
  private static final int HEIGHT = 280;
  private static final int LEFT = 56;
  private static final int RIGHT = 14;
  private static final int TOP = 12;
  private static final int BOTTOM = 44;

  private final double fromX;
  private final double toX;
  private final double fromY;
  private final double toY;
  private final StringBuilder body = new StringBuilder();

  /** A point in the data's own units. */
  public record Point(double x, double y) {}

  /** An empty chart of these ranges; an empty range becomes one of length 1. */
  public Chart(double fromX, double toX, double fromY, double toY) {
    this.fromX = fromX;
    this.toX = toX > fromX ? toX : fromX + 1;
    this.fromY = fromY;
    this.toY = toY > fromY ? toY : fromY + 1;
  }

  private double x(double value) {
    return LEFT + (value - fromX) / (toX - fromX) * (WIDTH - LEFT - RIGHT);
  }

  private double y(double value) {
    return HEIGHT - BOTTOM - (value - fromY) / (toY - fromY) * (HEIGHT - TOP - BOTTOM);
  }

  /** Names the axes and draws four ticks on each. */
  public Chart axes(
      String nameX, DoubleFunction<String> tickX, String nameY, DoubleFunction<String> tickY) {
    for (int i = 0; i <= 4; i++) {
      double atX = fromX + (toX - fromX) * i / 4;
      double atY = fromY + (toY - fromY) * i / 4;
      add(
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT, WIDTH - RIGHT, y(atY), y(atY));
      add(
          "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT - 6, y(atY) + 4, tickY.apply(atY));
      add(
          "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>",
          x(atX), HEIGHT - BOTTOM + 16, i == 4 ? "end" : "middle", tickX.apply(atX));
    }
    add(
        "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, Html.escape(nameX));
    add(
        "<text class=\"axis\" transform=\"translate(13 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
        (TOP + HEIGHT - BOTTOM) / 2, Html.escape(nameY));
    return this;
  }

  /** A line through points. */
  public Chart line(String style, List<Point> points) {
    List<String> path = new ArrayList<>();
    for (Point point : points) {
      path.add(String.format(Locale.ROOT, "%.1f,%.1f", x(point.x), y(point.y)));
    }
    add("<polyline class=\"%s\" points=\"%s\"/>", style, String.join(" ", path));
    return this;
  }

  /** A dot with a title that shows when pointed at. */
  public Chart dot(String style, Point point, String title) {
    add(
        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s</title></circle>",
        style, x(point.x), y(point.y), Html.escape(title));
    return this;
  }

  /** A bar that stands on {@code base}. */
  public Chart bar(String style, double left, double right, double base, double top, String title) {
    double width = Math.max(0.5, x(right) - x(left) - 1);
    add(
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>",
        style, x(left), y(top), width, Math.max(0, y(base) - y(top)), Html.escape(title));
    return this;
  }

  private void add(String format, Object... values) {
    body.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** The whole. */
  public String svg() {
    return "<svg viewBox=\"0 0 %d %d\" role=\"img\">%n%s</svg>".formatted(WIDTH, HEIGHT, body);
  }
}
