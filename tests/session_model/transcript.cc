#include "tests/session_model/transcript.h"

#include <cctype>

#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/frame.h"

namespace pgtandem::model {
namespace {

std::string readable(std::string_view body) {
  std::string text;
  for (const char c : body) {
    if (std::isprint(static_cast<unsigned char>(c)))
      text += c;
    else if (!text.empty() && text.back() != '.')
      text += '.';
  }
  constexpr std::size_t longest = 90;
  return text.size() > longest ? text.substr(0, longest) + "..." : text;
}

template <class Visit>
std::size_t each_frame(std::string_view bytes, Visit visit) {
  std::string_view rest = bytes;
  wire::frame_view f;
  while (wire::next_frame(rest, f) == wire::frame_status::complete) visit(f);
  return bytes.size() - rest.size();
}

std::string name_of(char type, side from) {
  const std::string_view types = from == side::client ? "QPBDECSHFdcfX" : "TDCE1234nstZNASRKGHdcIV";
  return types.find(type) == std::string_view::npos ? std::string("?") : std::string(1, type);
}

}  // namespace

std::vector<std::string> describe_messages(std::string_view bytes, side from) {
  std::vector<std::string> lines;
  each_frame(bytes, [&](const wire::frame_view& f) {
    lines.push_back(name_of(f.type, from) + " " + readable(f.body));
  });
  return lines;
}

std::vector<std::string> transcript::add(std::string_view bytes) {
  bytes_ += bytes;
  std::vector<std::string> lines;
  described_ += each_frame(std::string_view(bytes_).substr(described_), [&](const wire::frame_view& f) {
    lines.push_back(name_of(f.type, from_) + " " + readable(f.body));
  });
  return lines;
}

std::string describe_action(const proxy::action& a) {
  if (const auto* p = std::get_if<proxy::prepare_action>(&a)) {
    std::string text = "prepare";
    for (const auto& c : p->record.chunks)
      text += " chunk " + std::to_string(c.number) + " (" + std::to_string(c.changes) + ")";
    for (const auto& c : p->record.changes)
      text += " " + c.key + (c.op == change::op::remove ? " removed" : c.image);
    for (const auto& m : p->record.marks) text += " mark " + m.table.name;
    return text;
  }
  if (const auto* s = std::get_if<proxy::stage_action>(&a))
    return "stage chunk " + std::to_string(s->chunk.number) + " of " + std::to_string(s->chunk.staging.value);
  if (const auto* d = std::get_if<proxy::drop_staging_action>(&a))
    return "drop staging " + std::to_string(d->staging.value);
  if (const auto* d = std::get_if<proxy::decide_action>(&a))
    return std::to_string(d->seq.value) + (d->committed ? " committed" : " aborted");
  if (const auto* d = std::get_if<proxy::in_doubt_action>(&a))
    return std::to_string(d->seq.value) + " in doubt";
  if (std::holds_alternative<proxy::mark_action>(a)) return "mark ahead";
  if (std::holds_alternative<proxy::ripen_action>(a)) return "ripen";
  if (std::holds_alternative<proxy::orphan_action>(a)) return "orphan";
  return "refresh catalog";
}

quiet without_noise(std::string_view bytes) {
  quiet q;
  const std::size_t whole = each_frame(bytes, [&](const wire::frame_view& f) {
    if (f.type == 'N' && f.body.find(noise_text) != std::string_view::npos)
      ++q.noise;
    else
      q.text += f.raw;
  });
  q.text += bytes.substr(whole);
  return q;
}

std::size_t count_refusals(std::string_view bytes) {
  std::size_t n = 0;
  each_frame(bytes, [&](const wire::frame_view& f) {
    if (f.type != 'E') return;
    const auto m = wire::decode_error_response(f.body);
    if (m && m->field('C') == "58030") ++n;
  });
  return n;
}

}  // namespace pgtandem::model
