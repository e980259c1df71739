/** Entry of the page that previews a dump. */
import '../ui/language.ts';
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './preview-app.ts';

document.body.append(document.createElement('preview-app'));
